using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

internal static partial class KafkaLogMessages
{
    [LoggerMessage(3101, LogLevel.Warning, "Kafka at {Servers} cannot be reached; retrying. {Reason}.")]
    public static partial void KafkaUnreachable(this ILogger logger, string servers, string reason);

    [LoggerMessage(3102, LogLevel.Information, "Kafka at {Servers} is reachable again.")]
    public static partial void KafkaReachable(this ILogger logger, string servers);

    [LoggerMessage(3103, LogLevel.Error, "A client of Kafka at {Servers} failed fatally and is replaced: {Reason}.")]
    public static partial void KafkaFatal(this ILogger logger, string servers, string reason);

    [LoggerMessage(EventId = 3104, Message = "librdkafka {Facility}: {Text}")]
    public static partial void KafkaDetail(this ILogger logger, LogLevel level, string facility, string text);

    [LoggerMessage(3105, LogLevel.Information, "Topic {Topic} was created: {Partitions} partitions, {Replicas} replicas, records up to {Bytes} bytes.")]
    public static partial void TopicMade(this ILogger logger, string topic, int partitions, int replicas, int bytes);

    [LoggerMessage(3106, LogLevel.Warning, "Batch could not create topic {Topic} ({Reason}); the brokers' default settings apply to it.")]
    public static partial void TopicNotMade(this ILogger logger, string topic, string reason);

    [LoggerMessage(3107, LogLevel.Warning, "Topic {Topic} has {Partitions} partitions, not the {Wanted} configured; it is used as it is.")]
    public static partial void TopicDiffers(this ILogger logger, string topic, int partitions, int wanted);

    [LoggerMessage(3108, LogLevel.Error, "{Topic}/{Partition}: the brokers' retention deleted records {From} to {To} before group {Group} had read them.")]
    public static partial void RecordsLost(this ILogger logger, string topic, int partition, long from, long to, string group);

    [LoggerMessage(3109, LogLevel.Error,
        "{Topic}/{Partition}: the log ends at {End}, before offset {Offset} of group {Group}: records were lost or the topic was recreated. Reading restarts at {Low}.")]
    public static partial void LogTruncated(this ILogger logger, string topic, int partition, long end, long offset, string group, long low);

    [LoggerMessage(3110, LogLevel.Error, "{Topic}/{Partition}: a record near offset {Offset} cannot be read: {Reason}.")]
    public static partial void RecordUnreadable(this ILogger logger, string topic, int partition, long offset, string reason);

    [LoggerMessage(3111, LogLevel.Warning, "Group {Group}: reading failed; retrying. {Reason}.")]
    public static partial void ConsumeFailed(this ILogger logger, string group, string reason);

    [LoggerMessage(3112, LogLevel.Debug, "Group {Group}: a commit failed; retrying while the partitions are assigned. {Reason}.")]
    public static partial void CommitFailed(this ILogger logger, string group, string reason);

    [LoggerMessage(3113, LogLevel.Error, "Reading for group {Group} failed; it continues with a new client.")]
    public static partial void ReadingFailed(this ILogger logger, string group, Exception exception);

    [LoggerMessage(3115, LogLevel.Warning, "Topic {Topic} was deleted with all of its records. It is created again.")]
    public static partial void TopicGone(this ILogger logger, string topic);

    [LoggerMessage(3116, LogLevel.Error, "{Reason}")]
    public static partial void MemberRefused(this ILogger logger, string reason);

    [LoggerMessage(3117, LogLevel.Information, "Group {Group} has accepted the member again.")]
    public static partial void MemberTakenIn(this ILogger logger, string group);

    [LoggerMessage(3118, LogLevel.Error,
        "{Topic}/{Partition}: the log has no records at offsets {From} to {To}, which group {Group} had not read: they were damaged or lost.")]
    public static partial void RecordsMissing(this ILogger logger, string topic, int partition, long from, long to, string group);

    [LoggerMessage(3114, LogLevel.Warning, "The consumer did not leave group {Group} in time; the group will notice after its session timeout.")]
    public static partial void LeaveTimedOut(this ILogger logger, string group);
}
