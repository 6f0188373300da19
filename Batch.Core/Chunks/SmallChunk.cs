namespace Batch.Core.Chunks;

/// <summary>What counts as small, for API and workers alike.</summary>
public static class SmallChunk
{
    /// <summary>
    /// Largest chunk or record that counts as small, in bytes: an upload of one such chunk uses the express topic, and a worker processes several of them
    /// in place of one large one.
    /// </summary>
    public const int Bytes = 1 << 20;

    /// <summary>Chunks of at most this many bytes may share a record. Larger ones gain little: sharing saves the same for each.</summary>
    public const int SharedBytes = Bytes / 16;

    /// <summary>Largest shared record in bytes, including headers: it is small too, and even long headers (of reprocessed rows) fit in any log.</summary>
    public const int SharedRecordBytes = Bytes / 2;
}
