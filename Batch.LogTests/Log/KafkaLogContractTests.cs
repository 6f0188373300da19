using Batch.Core.Log;
using Batch.Tests.Log.Mock;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Tests.Log;

/// <summary>The contract against librdkafka's mock broker: small data, because a partition of it keeps 5 MB.</summary>
public sealed class KafkaLogContractTests(MockBrokerProcess broker) : LogContract, IClassFixture<MockBrokerProcess>
{
    protected override TimeSpan Silence => TimeSpan.FromSeconds(1);
    protected override int LargeBytes => 2 << 20;

    internal static KafkaOptions MockOptions(string servers) => new()
    {
        BootstrapServers = servers,
        MaxRecordBytes = 3 << 20,
        // A group of the mock takes its session timeout less a second to agree anew.
        SessionTimeout = TimeSpan.FromMilliseconds(1500),
        // An empty fetch is held for the whole wait, even when a record comes.
        Properties = { ["fetch.wait.max.ms"] = "20" },
    };

    protected override Task<ILog> OpenAsync() => Task.FromResult<ILog>(new KafkaLog(MockOptions(broker.Servers), NullLogger<KafkaLog>.Instance));

    protected override Task PrepareTopicAsync(string topic, int partitions) => broker.TellAsync($"topic {topic} {partitions}");

    public override Task InitializeAsync()
    {
        broker.SkipWithoutIt();
        return base.InitializeAsync();
    }
}
