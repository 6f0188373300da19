namespace Batch.Core.Jobs;

/// <summary>What the tables have of a load that broke off, by chunk; a later upload of the file is compared with it.</summary>
public sealed class LoadedChunks
{
    readonly Dictionary<int, ReadChunkRow> _chunks;

    internal LoadedChunks(IEnumerable<ReadChunkRow> chunks)
    {
        _chunks = chunks.ToDictionary(chunk => chunk.Ordinal);
        foreach (var chunk in _chunks.Values.Where(chunk => chunk.IsComplete))
        {
            Rows += chunk.Rows;
            Count++;
        }
    }

    /// <summary>Chunks that are done: every row loaded or rejected.</summary>
    public int Count { get; }

    /// <summary>Rows of those.</summary>
    public long Rows { get; }

    /// <summary>Receipts of an older version have no checksum.</summary>
    public bool AreComparable => _chunks.Values.All(chunk => chunk.Checksum != 0);

    /// <summary>Whether a chunk of the file is loaded already; null if different content was loaded under its number.</summary>
    public bool? IsDone(int ordinal, int rows, uint checksum) =>
        !_chunks.TryGetValue(ordinal, out var chunk) ? false
        : chunk.Checksum != checksum || chunk.Rows != rows ? null
        : chunk.IsComplete;

    /// <summary>Whether chunks were loaded that a file of this many chunks does not have.</summary>
    public bool GoBeyond(int chunks) => _chunks.Keys.Any(ordinal => ordinal >= chunks);
}
