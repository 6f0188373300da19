using System.Net;
using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>What Batch asks of librdkafka.</summary>
internal static class KafkaConfigs
{
    /// <summary>Room for headers and for Kafka's own framing beside the largest value.</summary>
    public const int OverheadBytes = 64 << 10;

    // Under any other value of these an acknowledged record can be lost or skipped.
    static readonly string[] Kept =
    [
        "enable.idempotence", "acks", "request.required.acks", "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "group.id",
        "partition.assignment.strategy",
    ];

    public static ProducerConfig Producer(KafkaOptions options) => Apply(options, new ProducerConfig
    {
        EnableIdempotence = true,
        Acks = Acks.All,
        CompressionType = options.Compression ?? (IsLoopback(options.BootstrapServers) ? CompressionType.None : CompressionType.Lz4),
        MessageMaxBytes = options.MaxRecordBytes + OverheadBytes,
        // A chunk fills a request by itself; waiting for more would only delay it.
        LingerMs = 1,
        MessageTimeoutMs = (int)options.AppendTimeout.TotalMilliseconds,
        RequestTimeoutMs = (int)Math.Min(options.AppendTimeout.TotalMilliseconds, 30_000),
        // KafkaProducer lets in as much as is wanted, and lets appends wait in the order in which they came.
        QueueBufferingMaxKbytes = int.MaxValue,
        QueueBufferingMaxMessages = 0,
        // Only whether and where: else the client keeps the value until it is acknowledged and reads the headers back.
        DeliveryReportFields = "none",
        AllowAutoCreateTopics = false,
    });

    /// <summary>All brokers named are this machine; names are not looked up.</summary>
    internal static bool IsLoopback(string? servers) =>
        !string.IsNullOrWhiteSpace(servers) && servers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).All(server =>
        {
            // host:port, [::1]:port, and either with a protocol before it: SASL_SSL://host:port
            var address = server[(server.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + 3 : 0)..];
            var port = address.LastIndexOf(':');
            var host = (port > address.LastIndexOf(']') ? address[..port] : address).Trim('[', ']');
            return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
        });

    /// <summary>Name of a static member; null where members are not static.</summary>
    public static string? InstanceOf(KafkaOptions options, int member) => options.InstanceId is { Length: > 0 } id ? $"{id}-{member}" : null;

    /// <param name="member">Number of the consumer among those of this process in its group.</param>
    public static ConsumerConfig Consumer(KafkaOptions options, string group, int member)
    {
        var fetchBytes = options.MaxRecordBytes + OverheadBytes;
        var config = new ConsumerConfig
        {
            GroupId = group,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            // Not "earliest": records that retention deleted unread would be passed over without a word. See KafkaConsumer.
            AutoOffsetReset = AutoOffsetReset.Error,
            MessageMaxBytes = fetchBytes,
            FetchMaxBytes = fetchBytes,
            MaxPartitionFetchBytes = Math.Min(fetchBytes, 4 << 20),
            ReceiveMessageMaxBytes = fetchBytes + (1 << 20),
            QueuedMaxMessagesKbytes = Math.Max(1, options.PrefetchBytes >> 10),
            // A fetch that waits has the partitions that were wanted when it was sent; one that is resumed meanwhile waits for its end.
            // The default of 500 ms would show as a pause in large uploads.
            FetchWaitMaxMs = 50,
            // The default of a second would show as a pause whenever the queue had been full.
            FetchQueueBackoffMs = 50,
            FetchErrorBackoffMs = 200,
            // A topic that was deleted and recreated is noticed by the next refresh; the default is five minutes.
            TopicMetadataRefreshIntervalMs = 10_000,
            CheckCrcs = true,
            AllowAutoCreateTopics = false,
            StatisticsIntervalMs = 5000,
        };
        if (InstanceOf(options, member) is { } instance)
            config.GroupInstanceId = instance;
        // The newer group protocol leaves both to the brokers and refuses them.
        if (options.Properties.GetValueOrDefault("group.protocol") != "consumer")
        {
            config.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;
            // librdkafka wants it so; and nothing rests on it, for the thread that polls does nothing else.
            config.MaxPollIntervalMs = (int)Math.Max(300_000, options.SessionTimeout.TotalMilliseconds);
            config.SessionTimeoutMs = (int)options.SessionTimeout.TotalMilliseconds;
            config.HeartbeatIntervalMs = (int)Math.Min(options.SessionTimeout.TotalMilliseconds / 5, 3000);
        }
        return Apply(options, config);
    }

    static TConfig Apply<TConfig>(KafkaOptions options, TConfig config)
        where TConfig : ClientConfig
    {
        config.BootstrapServers = options.BootstrapServers;
        config.ClientId = "batch";
        config.ReconnectBackoffMs = 100;
        config.ReconnectBackoffMaxMs = 2000;
        config.SocketKeepaliveEnable = true;
        // A small request waits for nothing: Nagle's algorithm would hold it until the last answer's acknowledgement.
        config.SocketNagleDisable = true;
        config.LogConnectionClose = false;
        // Else librdkafka throws away what it knows of brokers when none of them answers, and a question to a group's coordinator that was
        // under way then keeps the old handle: every later one waits at it and times out, for as long as the process lives (seen in 2.16.0).
        config.MetadataRecoveryStrategy = MetadataRecoveryStrategy.None;
        foreach (var (name, value) in options.Properties)
        {
            if (Kept.Contains(name))
                throw new InvalidOperationException($"Kafka:Properties:{name} cannot be set: Batch's guarantees depend on its value.");
            config.Set(name, value);
        }
        return config;
    }
}
