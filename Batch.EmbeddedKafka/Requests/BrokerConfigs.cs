using System.Globalization;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>The broker's own configurations, as its command line set them; none can be changed while it runs.</summary>
internal sealed class BrokerConfigs(BrokerOptions options, LogStore store)
{
    const sbyte BooleanType = 1, StringType = 2, IntType = 3, LongType = 5;

    /// <summary>
    /// Not one of Kafka's: why produce requests are refused now, or nothing. A client library repeats KAFKA_STORAGE_ERROR in silence; who
    /// wants to know why a record is not taken can ask.
    /// </summary>
    public const string StorageError = "storage.error";

    public IEnumerable<TopicConfigs.Entry> Describe() =>
    [
        new("auto.create.topics.enable", options.AutoCreateTopics ? "true" : "false", true, BooleanType),
        new("default.replication.factor", "1", true, IntType),
        new("log.dirs", store.Directory, true, StringType),
        new("log.retention.ms", Text((long)options.Retention.TotalMilliseconds), true, LongType),
        new("log.segment.bytes", Text(options.SegmentBytes), true, IntType),
        new("message.max.bytes", Text(options.MaxMessageBytes), true, IntType),
        new("num.partitions", Text(TopicAdministration.DefaultPartitions), true, IntType),
        new(StorageError, store.StorageError ?? "", true, StringType),
    ];

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
