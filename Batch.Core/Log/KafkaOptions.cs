using System.ComponentModel.DataAnnotations;
using Confluent.Kafka;

namespace Batch.Core.Log;

/// <summary>Settings of the log: Redpanda, or any Kafka.</summary>
public sealed class KafkaOptions
{
    public const string SectionName = "Kafka";

    /// <summary>
    /// Bootstrap brokers, <c>host:port,host:port</c>. Default: <c>ConnectionStrings:kafka</c> (which
    /// an app host injects), else <c>KAFKA_BOOTSTRAP</c>, else <c>localhost:9092</c>.
    /// </summary>
    public string? BootstrapServers { get; set; }

    /// <summary>
    /// Any property of librdkafka, for example <c>Kafka:Properties:security.protocol</c>. They override what Batch sets itself, except those
    /// that "nothing acknowledged is lost" depends on: setting one of them is refused at start-up.
    /// </summary>
    public Dictionary<string, string> Properties { get; set; } = [];

    /// <summary>Largest value of a record, in bytes; topics are created to accept it. The default is two chunks of the default size.</summary>
    [Range(64 << 10, 512 << 20)]
    public int MaxRecordBytes { get; set; } = 16 << 20;

    /// <summary>
    /// Replicas of a topic that Batch creates; 0: one on each broker that is up then, at most three. While fewer brokers are up than this,
    /// the topic is not created.
    /// </summary>
    [Range(0, 16)]
    public short ReplicationFactor { get; set; }

    /// <summary>
    /// Replicas that must have a record before it is acknowledged (<c>min.insync.replicas</c>), in topics that Batch creates; 0: two if there are
    /// three or more, so that an acknowledged record survives the loss of any one broker and one broker may be down.
    /// </summary>
    [Range(0, 16)]
    public short MinInsyncReplicas { get; set; }

    /// <summary>
    /// How long the brokers keep records of a topic that Batch creates, read or not. Longer than
    /// any outage of ClickHouse should last; negative: forever.
    /// </summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Largest size of a partition of a topic that Batch creates, in bytes; -1: no limit. Anything beyond it is deleted unread.</summary>
    [Range(-1, long.MaxValue)]
    public long RetentionBytes { get; set; } = -1;

    /// <summary>
    /// How long an append may take before it fails with "unavailable"; and how long it may wait before that for space in
    /// the queue. 60 s: longer than a broker takes to restart.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:15:00")]
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Bytes of records given to librdkafka and not yet acknowledged; further appends wait. A larger record is sent alone. 24 MiB:
    /// two chunks of the default size and some small ones, which keeps brokers on one machine or in one data centre busy.
    /// </summary>
    [Range(1 << 20, 1L << 30)]
    public long QueueBytes { get; set; } = 24 << 20;

    /// <summary>
    /// How records are compressed in transit and in the log. Default: not at all if all <see cref="BootstrapServers"/> are on this machine, because
    /// there it costs more than it saves; else lz4.
    /// </summary>
    public CompressionType? Compression { get; set; }

    /// <summary>Timeout of admin requests to the brokers (a topic, a lag, a check).</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A member without a heartbeat for this long is dead, and its partitions are reassigned.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:30:00")]
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of records that one consumer prefetches; librdkafka holds as much again.</summary>
    [Range(1 << 10, 1 << 30)]
    public int PrefetchBytes { get; set; } = 8 << 20;

    /// <summary>Records that one consumer prefetches.</summary>
    [Range(1, 1_000_000)]
    public int PrefetchRecords { get; set; } = 256;

    /// <summary>
    /// Makes members static: a consumer that is restarted under the same name within the session timeout gets its partitions back
    /// without a rebalance. Must be unique per process; consumers within one are distinguished by a number.
    /// </summary>
    public string? InstanceId { get; set; }
}
