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
        CompressionType = CompressionType.Lz4,
        MessageMaxBytes = options.MaxRecordBytes + OverheadBytes,
        // A chunk fills a request by itself; waiting for more would only delay it.
        LingerMs = 1,
        MessageTimeoutMs = (int)options.AppendTimeout.TotalMilliseconds,
        RequestTimeoutMs = (int)Math.Min(options.AppendTimeout.TotalMilliseconds, 30_000),
        QueueBufferingMaxKbytes = Math.Max(128 << 10, 2 * (options.MaxRecordBytes >> 10)),
        AllowAutoCreateTopics = false,
    });

    /// <param name="member">Number of the consumer within this process.</param>
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
            // The default of a second would show as a pause whenever the queue had been full.
            FetchQueueBackoffMs = 50,
            FetchErrorBackoffMs = 200,
            CheckCrcs = true,
            AllowAutoCreateTopics = false,
            StatisticsIntervalMs = 5000,
        };
        if (options.InstanceId is { Length: > 0 } id)
            config.GroupInstanceId = $"{id}-{member}";
        // The newer group protocol leaves both to the brokers and refuses them.
        if (options.Properties.GetValueOrDefault("group.protocol") != "consumer")
        {
            config.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;
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
        config.LogConnectionClose = false;
        foreach (var (name, value) in options.Properties)
        {
            if (Kept.Contains(name))
                throw new InvalidOperationException($"Kafka:Properties:{name} cannot be set: what Batch guarantees rests on its value.");
            config.Set(name, value);
        }
        return config;
    }
}
