using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka;

/// <summary>The broker as a part of an application.</summary>
public static class EmbeddedKafkaServices
{
    /// <summary>
    /// Starts the broker that the section "EmbeddedKafka" describes, and has the application's log speak to it, whatever else the
    /// environment says of brokers.
    /// </summary>
    /// <remarks>
    /// It runs before the application is built, because clients want to know where it listens, and is the caller's to dispose, after the
    /// application: what its services do when they stop still needs it.
    /// </remarks>
    /// <param name="configure">What the application itself decides: folder, address, port.</param>
    /// <exception cref="StartupException">A setting is out of range, or the folder or the port is not to be had.</exception>
    public static async Task<EmbeddedBroker> AddEmbeddedKafkaAsync(
        this IHostApplicationBuilder builder, Action<BrokerOptions> configure, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var options = new BrokerOptions();
        try
        {
            builder.Configuration.GetSection(BrokerOptions.SectionName).Bind(options);
        }
        // {"Failed to convert configuration value 'much' at 'EmbeddedKafka:MinFreeBytes' to type 'System.Int64'."}
        catch (InvalidOperationException exception)
        {
            throw new StartupException(exception.Message, exception);
        }
        configure(options);
        ProcessOptions.Check(options);
        var broker = await EmbeddedBroker.StartAsync(options, logging, cancellationToken);
        // What is read is freed; what is not waits, for the machine may have been off for longer than any retention.
        if (string.IsNullOrEmpty(builder.Configuration["Kafka:Retention"]))
            builder.Configuration.AddInMemoryCollection([new("Kafka:Retention", Timeout.InfiniteTimeSpan.ToString())]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kafka:BootstrapServers"] = broker.BootstrapServers,
            // Properties of librdkafka win over what Batch sets; where the brokers are and how to speak to them is not theirs to say here.
            ["Kafka:Properties:bootstrap.servers"] = broker.BootstrapServers,
            ["Kafka:Properties:metadata.broker.list"] = broker.BootstrapServers,
            ["Kafka:Properties:security.protocol"] = "plaintext",
        });
        return broker;
    }
}
