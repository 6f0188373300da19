namespace Batch.Core.Jobs;

/// <summary>What is known of a file when all of it has come; null where nobody looked.</summary>
/// <param name="BlankLines">Lines that were skipped.</param>
/// <param name="Digest">SHA-256 in hex, by which the file of a label is known again.</param>
public readonly record struct UploadedFile(long? BlankLines, string? Digest);
