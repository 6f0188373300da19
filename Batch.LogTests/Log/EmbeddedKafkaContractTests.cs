using Batch.Core.Log;
using Batch.Tests.EmbeddedKafka;
using Microsoft.Extensions.Logging.Abstractions;

namespace Batch.Tests.Log;

/// <summary>The contract against the embedded broker.</summary>
public sealed class EmbeddedKafkaContractTests(BrokerProcess broker) : LogContract, IClassFixture<BrokerProcess>
{
    // A record comes within milliseconds, on a machine that has time.
    protected override TimeSpan Silence => TimeSpan.FromSeconds(1);

    protected override Task<ILog> OpenAsync() => Task.FromResult<ILog>(new KafkaLog(
        new KafkaOptions { BootstrapServers = broker.Servers, SessionTimeout = TimeSpan.FromSeconds(2) }, NullLogger<KafkaLog>.Instance));
}
