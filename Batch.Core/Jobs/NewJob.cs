using Batch.Core.Chunks;
using Batch.Core.Models;
using Batch.Csv;
using Batch.Csv.Dialects;
using Batch.Csv.Schema;
using Batch.Csv.Validation;

namespace Batch.Core.Jobs;

/// <summary>What is known of a job before its first row has been read.</summary>
public sealed record NewJob
{
    public required JobKey Key { get; init; }
    public required string ModelId { get; init; }
    public required string ModelName { get; init; }
    public required int ModelVersion { get; init; }
    public string? FileName { get; init; }
    /// <summary>The caller's idempotency key; the job's id is then <see cref="JobIds.OfLabel"/> of it.</summary>
    public string? Label { get; init; }
    /// <summary>How the file is cut, if another request may have to cut it the same way: the largest chunk in bytes and in rows.</summary>
    public int? ChunkBytes { get; init; }
    public int? MaxChunkRows { get; init; }
    /// <summary>Columns that the model does not have were allowed.</summary>
    public bool IgnoreExtraColumns { get; init; }
    /// <summary>The job whose rejected rows this one re-runs.</summary>
    public string? SourceJobId { get; init; }
    /// <summary>Requested rows that are skipped because they are repaired; null if the job is not a repair.</summary>
    public long? AlreadyRepaired { get; init; }
    /// <summary>Repaired rows are to be loaded once more.</summary>
    public bool Again { get; init; }
    /// <summary>The file's header line, without its line break: reprocessing needs it to give the stored rows their columns back.</summary>
    public required byte[] HeaderLine { get; init; }
    public byte Delimiter { get; init; } = (byte)',';
    public RowRules Rules { get; init; }
    /// <summary>How the file differs from plain CSV; null: not at all. What it says of a delimiter of one byte is <see cref="Delimiter"/>.</summary>
    public FileDialect? Dialect { get; init; }
    /// <summary>Blank lines of the file, if already known.</summary>
    public long? BlankLines { get; init; }
    /// <summary>The job fails once more rows than this are rejected; null: no limit.</summary>
    public long? MaxErrors { get; init; }
    /// <summary>Columns of the file that are not in the model and are ignored.</summary>
    public IReadOnlyList<string> IgnoredColumns { get; init; } = [];
    /// <summary>Sentences about what is allowed in the file but probably a mistake.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What follows from the model and from how the file is read; the caller adds the rest.</summary>
    public static NewJob Of(
        JobKey key, ModelVersion model, CsvHeader header, HeaderMapping mapping, CsvDialect dialect, RowRules rules, FileDialect? file = null) => new()
        {
            Key = key,
            ModelId = model.ModelId,
            ModelName = model.Name,
            ModelVersion = model.Version,
            HeaderLine = header.RawLine,
            Delimiter = dialect.Delimiter,
            Rules = rules,
            Dialect = file,
            IgnoredColumns = mapping.Ignored,
            Warnings = mapping.Warnings,
        };

    /// <summary>The description of the job in its first chunk.</summary>
    public JobDescription Describe() => new(FileName, HeaderLine)
    {
        BlankLines = BlankLines,
        IgnoredColumns = IgnoredColumns is { Count: > 0 } ignored ? ignored : null,
        Warnings = Warnings is { Count: > 0 } warnings ? warnings : null,
        Dialect = Dialect,
    };

    /// <summary>The job that a chunk creates; null if it creates none.</summary>
    public static NewJob? Of(ChunkHeader header, string modelName) => header.Job is not { MakesJob: true } job ? null : new()
    {
        Key = JobKey.Of(header),
        ModelId = header.ModelId,
        ModelName = modelName,
        ModelVersion = header.ModelVersion,
        FileName = job.FileName,
        HeaderLine = job.HeaderLine,
        Delimiter = header.Delimiter,
        Rules = header.Rules,
        Dialect = job.Dialect,
        BlankLines = job.BlankLines,
        MaxErrors = header.MaxErrors,
        IgnoredColumns = job.IgnoredColumns ?? [],
        Warnings = job.Warnings ?? [],
    };
}
