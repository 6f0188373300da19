using Batch.Core.Chunks;

namespace Batch.Core.Jobs;

/// <summary>What is known of a job before its first row has been read.</summary>
public sealed record NewJob
{
    public required JobKey Key { get; init; }
    public required string ModelId { get; init; }
    public required string ModelName { get; init; }
    public required int ModelVersion { get; init; }
    public string? FileName { get; init; }
    /// <summary>The caller's idempotency key; the job's id is then <see cref="JobStore.JobIdFor"/> of it.</summary>
    public string? Label { get; init; }
    /// <summary>How the file is cut, where another request may have to cut it again in the same way: its chunks' size in bytes and in rows at most.</summary>
    public int? ChunkBytes { get; init; }
    public int? MaxChunkRows { get; init; }
    /// <summary>Columns that the model does not have were allowed.</summary>
    public bool IgnoreExtraColumns { get; init; }
    /// <summary>The job whose rejected rows this one re-runs.</summary>
    public string? SourceJobId { get; init; }
    /// <summary>The file's header line, without its line break: reprocessing needs it to give the stored rows their columns back.</summary>
    public required byte[] HeaderLine { get; init; }
    public byte Delimiter { get; init; } = (byte)',';
    /// <summary>The job fails once more rows than this were rejected; null: no limit.</summary>
    public long? MaxErrors { get; init; }

    /// <summary>The job of which a chunk is all; null where it is not.</summary>
    public static NewJob? Of(ChunkHeader header, string modelName) => header.Whole is not { } whole ? null : new()
    {
        Key = JobKey.Of(header),
        ModelId = header.ModelId,
        ModelName = modelName,
        ModelVersion = header.ModelVersion,
        FileName = whole.FileName,
        HeaderLine = whole.HeaderLine,
        Delimiter = header.Delimiter,
        MaxErrors = header.MaxErrors,
    };
}
