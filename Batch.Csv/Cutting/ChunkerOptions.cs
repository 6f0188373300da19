using System.ComponentModel.DataAnnotations;

namespace Batch.Csv.Cutting;

/// <summary>How uploads are cut into chunks.</summary>
public sealed class ChunkerOptions
{
    public const string SectionName = "Chunker";

    /// <summary>Largest chunk, in bytes. 8 MiB: large enough for good ClickHouse blocks, small enough that many workers share one file.</summary>
    /// <remarks>
    /// A chunk is an insert is a part, and parts cost ClickHouse more than rows do: with 4 MiB the same rows take it 1.5 times as long,
    /// with 1 MiB 3 times; 16 MiB saves hardly anything, and doubles every buffer.
    /// Only a single row larger than this makes a larger chunk.
    /// </remarks>
    [Range(64 << 10, 64 << 20)]
    public int ChunkBytes { get; set; } = 8 << 20;

    /// <summary>Most rows in a chunk. 500,000: one chunk is one insert is one block, which ClickHouse inserts atomically.</summary>
    [Range(1, 1_000_000)]
    public int MaxChunkRows { get; set; } = 500_000;

    /// <summary>Memory for chunks of all uploads together, in bytes; uploads wait for it. 128 MiB: 16 chunks at once.</summary>
    [Range(4L << 20, 1L << 40)]
    public long BudgetBytes { get; set; } = 128 << 20;

    /// <summary>Most columns in a header line. 10,000: more than ClickHouse handles well, and far fewer than a binary file appears to have.</summary>
    [Range(1, 1_000_000)]
    public int MaxColumns { get; set; } = 10_000;
}
