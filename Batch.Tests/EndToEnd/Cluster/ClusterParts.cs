using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Log.Mock;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>What clusters have in common: a broker and a ClickHouse, each a process of its own.</summary>
/// <remarks>
/// The broker is librdkafka's mock, or the one that <c>BATCH_TEST_KAFKA=host:port</c> names. Of the mock, a partition keeps some 5 MB
/// and drops what is older, so files are small; and it can be told to fail, so what does so is left out with a real one.
/// </remarks>
public sealed class ClusterParts : IAsyncLifetime
{
    public static string? RealBroker => Environment.GetEnvironmentVariable("BATCH_TEST_KAFKA") is { Length: > 0 } servers ? servers : null;

    public MockBrokerProcess Broker { get; } = new();
    public ClickHouseProcess ClickHouse { get; } = new();

    public string Servers => RealBroker ?? Broker.Servers;

    /// <summary>As short as the broker allows: Kafka's own least is 6 s, and the mock takes nearly as long to agree anew.</summary>
    public static TimeSpan SessionTimeout => TimeSpan.FromSeconds(RealBroker is null ? 2 : 6);

    public void SkipWithoutBroker()
    {
        if (RealBroker is null)
            Broker.SkipWithoutIt();
    }

    /// <summary>For tests that make the broker fail.</summary>
    public void SkipWithoutMock()
    {
        Skip.IfNot(RealBroker is null, "A real broker is not told to fail.");
        Broker.SkipWithoutIt();
    }

    public async Task InitializeAsync() =>
        await Task.WhenAll(RealBroker is null ? Broker.InitializeAsync() : Task.CompletedTask, ClickHouse.InitializeAsync());

    public async Task DisposeAsync()
    {
        await Broker.DisposeAsync();
        await ((IAsyncLifetime)ClickHouse).DisposeAsync();
    }
}
