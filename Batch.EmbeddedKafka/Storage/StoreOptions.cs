namespace Batch.EmbeddedKafka.Storage;

/// <summary>Where the log is kept and how much room it may take.</summary>
public sealed record StoreOptions
{
    /// <summary>Folder that holds the log; made where it is missing. One process owns it at a time.</summary>
    public required string Directory { get; init; }

    /// <summary>No segment grows much above this, whatever its topic asks for: the step in which consumed room is given back.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Appends are refused while the disk has less room than this; 0: no limit. ClickHouse commonly lives on the same disk, and the
    /// log only empties while ClickHouse can write: a log that took the last byte would never give it back.
    /// </summary>
    public long MinFreeBytes { get; init; } = 256L << 20;

    /// <summary>Appends are refused once all segments together would hold more than this; 0: only the disk is the limit.</summary>
    public long MaxBytes { get; init; }

    /// <summary>
    /// A segment that every group is past is freed once it is full or, if it is small, when nothing was appended for this long: who
    /// tries a broker out reads the same few records again and again.
    /// </summary>
    public TimeSpan DrainedAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Settings of a topic whose own were lost.</summary>
    public TopicSettings Defaults { get; init; } = TopicSettings.Default;
}
