namespace Batch.Core.Chunks;

/// <summary>What counts as small, for API and workers alike.</summary>
public static class SmallChunk
{
    /// <summary>
    /// Bytes of the largest chunk, or record, that is small: an upload that is one such chunk takes the express topic, and a worker has several of them in hand
    /// where it would have one large one.
    /// </summary>
    public const int Bytes = 1 << 20;

    /// <summary>Those of up to this many bytes may share a record. Larger ones gain little: what is saved is the same for each.</summary>
    public const int SharedBytes = Bytes / 16;

    /// <summary>Bytes of a record that they share, headers and all: it is small too, and headers alone (rows that are run again have long ones) fit in any log.</summary>
    public const int SharedRecordBytes = Bytes / 2;
}
