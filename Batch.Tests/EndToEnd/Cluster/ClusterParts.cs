using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.EmbeddedKafka;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>What clusters have in common: a broker and a ClickHouse, each a process of its own.</summary>
/// <remarks>The broker is the embedded one, or the one that <c>BATCH_TEST_KAFKA=host:port</c> names, which is left alone.</remarks>
public sealed class ClusterParts : IAsyncLifetime
{
    public static string? RealBroker => Environment.GetEnvironmentVariable("BATCH_TEST_KAFKA") is { Length: > 0 } servers ? servers : null;

    public BrokerProcess Broker { get; } = new();
    public ClickHouseProcess ClickHouse { get; } = new();

    public string Servers => RealBroker ?? Broker.Servers;

    /// <summary>Kafka's own least is 6 s.</summary>
    public static TimeSpan SessionTimeout => TimeSpan.FromSeconds(RealBroker is null ? 2 : 6);

    /// <summary>For tests that kill, stop or fill the broker.</summary>
    public static void SkipWithRealBroker() => Skip.IfNot(RealBroker is null, "Nobody kills a broker that is not the tests' own.");

    public async Task InitializeAsync() =>
        await Task.WhenAll(RealBroker is null ? Broker.InitializeAsync() : Task.CompletedTask, ClickHouse.InitializeAsync());

    public async Task DisposeAsync()
    {
        await Broker.DisposeAsync();
        await ((IAsyncLifetime)ClickHouse).DisposeAsync();
    }
}
