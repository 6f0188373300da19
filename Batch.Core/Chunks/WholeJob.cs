using Batch.Core.Jobs;

namespace Batch.Core.Chunks;

/// <summary>What a chunk that is all of its job tells of the job, beside what any chunk does.</summary>
/// <param name="FileName">Of the upload, where it had one.</param>
/// <param name="HeaderLine">Of the file, without its line break.</param>
public sealed record WholeJob(string? FileName, byte[] HeaderLine)
{
    /// <summary>Blank lines of the file, which were skipped.</summary>
    public long? BlankLines { get; init; }
    /// <summary>Columns of the file that are ignored; null where none are.</summary>
    public IReadOnlyList<string>? IgnoredColumns { get; init; }
    public IReadOnlyList<string>? Warnings { get; init; }

    public static WholeJob Of(NewJob job) => new(job.FileName, job.HeaderLine)
    {
        IgnoredColumns = job.IgnoredColumns is { Count: > 0 } ignored ? ignored : null,
        Warnings = job.Warnings is { Count: > 0 } warnings ? warnings : null,
    };
}
