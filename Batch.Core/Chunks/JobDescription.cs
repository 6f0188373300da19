using System.Text.Json.Serialization;
using Batch.Csv.Dialects;

namespace Batch.Core.Chunks;

/// <summary>What a job's first chunk tells of the job, beside what any chunk does.</summary>
/// <param name="FileName">Of the upload, where it had one.</param>
/// <param name="HeaderLine">Of the file, without its line break.</param>
public sealed record JobDescription(string? FileName, byte[] HeaderLine)
{
    /// <summary>
    /// The chunk is all of its job, and nothing was written of that before the chunk was appended: who writes the receipt tells of the job there.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool MakesJob { get; init; }
    /// <summary>Blank lines of the file, which were skipped; null where they are not known yet.</summary>
    public long? BlankLines { get; init; }
    /// <summary>Columns of the file that are ignored; null where none are.</summary>
    public IReadOnlyList<string>? IgnoredColumns { get; init; }
    public IReadOnlyList<string>? Warnings { get; init; }
    /// <summary>How the file differs from plain CSV; null: not at all.</summary>
    public FileDialect? Dialect { get; init; }
}
