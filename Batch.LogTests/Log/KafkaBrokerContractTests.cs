using Batch.Core.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Tests.Log;

/// <summary>The contract against a real broker, where <c>BATCH_TEST_KAFKA=host:port</c> names one.</summary>
public sealed class KafkaBrokerContractTests : LogContract
{
    static string? Servers => Environment.GetEnvironmentVariable("BATCH_TEST_KAFKA");

    protected override TimeSpan TestTimeout => TimeSpan.FromSeconds(60);
    protected override TimeSpan Silence => TimeSpan.FromSeconds(2);

    protected override Task<ILog> OpenAsync() => Task.FromResult<ILog>(new KafkaLog(
        new KafkaOptions { BootstrapServers = Servers, SessionTimeout = TimeSpan.FromSeconds(6) },
        NullLogger<KafkaLog>.Instance));

    public override Task InitializeAsync()
    {
        Skip.If(string.IsNullOrEmpty(Servers), "BATCH_TEST_KAFKA names no broker.");
        return base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (!string.IsNullOrEmpty(Servers))
            await Topics.DeleteAsync(Servers, MadeTopics);
    }
}
