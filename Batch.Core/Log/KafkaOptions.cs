using System.ComponentModel.DataAnnotations;
using Confluent.Kafka;

namespace Batch.Core.Log;

/// <summary>Settings of the log that is Redpanda, or any Kafka.</summary>
public sealed class KafkaOptions
{
    public const string SectionName = "Kafka";

    /// <summary>
    /// Brokers to ask first, <c>host:port,host:port</c>. Where this is not set: <c>ConnectionStrings:kafka</c> (which
    /// an app host injects), else <c>KAFKA_BOOTSTRAP</c>, else <c>localhost:9092</c>.
    /// </summary>
    public string? BootstrapServers { get; set; }

    /// <summary>
    /// Any property of librdkafka, for example <c>Kafka:Properties:security.protocol</c>. They win over what Batch sets itself, except those
    /// on which "nothing acknowledged is lost" rests: setting one of them is refused at start-up.
    /// </summary>
    public Dictionary<string, string> Properties { get; set; } = [];

    /// <summary>Largest value of a record, in bytes; topics are made to take it. The default is two chunks of the default size.</summary>
    [Range(64 << 10, 512 << 20)]
    public int MaxRecordBytes { get; set; } = 16 << 20;

    /// <summary>
    /// Replicas of a topic that Batch makes; 0: one on each broker that is up then, at most three. Where fewer brokers are up than this asks for,
    /// the topic is not made.
    /// </summary>
    [Range(0, 16)]
    public short ReplicationFactor { get; set; }

    /// <summary>
    /// Replicas that must have a record before it is acknowledged (<c>min.insync.replicas</c>), in topics that Batch makes; 0: two where there are
    /// three or more, so that an acknowledged record outlives any one broker and one broker may be away.
    /// </summary>
    [Range(0, 16)]
    public short MinInsyncReplicas { get; set; }

    /// <summary>How long the brokers keep records of a topic that Batch makes, read or not. Longer than any outage of ClickHouse should last; negative: for ever.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Bytes that a partition of a topic made by Batch may hold; -1: no limit. What is over it is deleted unread.</summary>
    [Range(-1, long.MaxValue)]
    public long RetentionBytes { get; set; } = -1;

    /// <summary>
    /// How long an append may take before it fails with "unavailable"; and how long it may wait before that for space in
    /// the queue. 60 s: longer than a broker takes to restart.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:15:00")]
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Bytes of records given to librdkafka and not yet acknowledged; further appends wait for their turn. A larger record goes alone. 24 MiB:
    /// two chunks of the default size and small ones beside them, which keeps brokers on one machine or in one data centre busy.
    /// </summary>
    [Range(1 << 20, 1L << 30)]
    public long QueueBytes { get; set; } = 24 << 20;

    /// <summary>
    /// How records are compressed in transit and in the log. Default: not at all if all <see cref="BootstrapServers"/> are on this machine, because
    /// there it costs more than it saves; else lz4.
    /// </summary>
    public CompressionType? Compression { get; set; }

    /// <summary>How long a question to the brokers (a topic, a lag, a check) may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A member that sent no heartbeat for this long is dead, and its partitions go to others.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:30:00")]
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of records that one consumer holds ready; and once more as much within librdkafka.</summary>
    [Range(1 << 10, 1 << 30)]
    public int PrefetchBytes { get; set; } = 8 << 20;

    /// <summary>Records that one consumer holds ready.</summary>
    [Range(1, 1_000_000)]
    public int PrefetchRecords { get; set; } = 256;

    /// <summary>
    /// Makes members static: a consumer that is restarted under the same name within the session timeout gets its partitions back
    /// without a rebalance. Must be unique per process; consumers within one are distinguished by a number.
    /// </summary>
    public string? InstanceId { get; set; }
}
