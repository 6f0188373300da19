namespace Batch.EmbeddedKafka.Storage;

/// <summary>The configuration of one topic, by the names Kafka gives them.</summary>
/// <param name="MaxMessageBytes">max.message.bytes: the largest record batch.</param>
/// <param name="RetentionMs">retention.ms: a segment whose newest record is older is freed; -1: no limit.</param>
/// <param name="RetentionBytes">retention.bytes: the oldest segments of a partition above this are freed; -1: no limit.</param>
/// <param name="SegmentBytes">segment.bytes: a new segment is begun at about this size, or at the broker's
/// <see cref="StoreOptions.SegmentBytes"/> if that is less.</param>
public sealed record TopicSettings(int MaxMessageBytes, long RetentionMs, long RetentionBytes, int SegmentBytes)
{
    /// <summary>Carries the largest chunk that can be set (64 MiB) and something over; a week, any size.</summary>
    public static TopicSettings Default { get; } = new(65 << 20, (long)TimeSpan.FromDays(7).TotalMilliseconds, -1, 64 << 20);
}
