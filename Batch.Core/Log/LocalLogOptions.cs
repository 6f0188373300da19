using System.ComponentModel.DataAnnotations;

namespace Batch.Core.Log;

/// <summary>Settings of the durable log of one machine.</summary>
public sealed class LocalLogOptions
{
    public const string SectionName = "LocalLog";

    /// <summary>Folder that holds the log; made where it is missing. One process owns it at a time.</summary>
    [Required]
    public string Directory { get; set; } = "local/log";

    /// <summary>A partition's file is closed and a new one begun at about this size: the step in which consumed room is given back.</summary>
    [Range(4096, 1L << 40)]
    public long SegmentBytes { get; set; } = 64L << 20;

    /// <summary>Largest value of a record. The default carries the largest chunk that can be set (64 MiB) and something over.</summary>
    [Range(1024, 1 << 30)]
    public int MaxRecordBytes { get; set; } = 65 << 20;

    /// <summary>Appends are refused once all segments together would hold more than this; 0: only the disk is the limit.</summary>
    [Range(0, long.MaxValue)]
    public long MaxBytes { get; set; }

    /// <summary>
    /// Appends are refused while the disk has less room than this. ClickHouse commonly lives on the same disk, and the log
    /// only empties while ClickHouse can write: a log that took the last byte would never give it back.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long MinFreeBytes { get; set; } = 256L << 20;
}
