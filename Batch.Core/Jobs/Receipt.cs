namespace Batch.Core.Jobs;

/// <summary>Records that a chunk is done. Job counts are a fold over receipts; the same chunk gives the same receipt.</summary>
public sealed record Receipt
{
    public required string TenantId { get; init; }
    public required string JobId { get; init; }
    public required int Ordinal { get; init; }
    /// <summary>success + errors + abandoned = rows.</summary>
    public required long Rows { get; init; }
    public required long Success { get; init; }
    public required long Errors { get; init; }
    public required long Abandoned { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required DateTimeOffset FinishedAt { get; init; }
    public required string Worker { get; init; }
    /// <summary>Of the upload that sent the chunk; 0 is the first.</summary>
    public int Attempt { get; init; }
    /// <summary>CRC-32C of the chunk's bytes; 0: unknown.</summary>
    public uint Checksum { get; init; }
    /// <summary>The job, if it is a single chunk.</summary>
    public NewJob? Whole { get; init; }
    /// <summary>When the chunk was appended to the log, by the log's clock.</summary>
    public DateTimeOffset AppendedAt { get; init; }
}
