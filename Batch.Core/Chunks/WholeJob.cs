namespace Batch.Core.Chunks;

/// <summary>What a chunk that is all of its job tells of the job, beside what any chunk does.</summary>
/// <param name="FileName">Of the upload, where it had one.</param>
/// <param name="HeaderLine">Of the file, without its line break.</param>
public sealed record WholeJob(string? FileName, byte[] HeaderLine)
{
    /// <summary>Blank lines of the file, which were skipped.</summary>
    public long? BlankLines { get; init; }
}
