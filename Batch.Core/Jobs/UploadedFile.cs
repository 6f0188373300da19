namespace Batch.Core.Jobs;

/// <summary>What is known of a file once all of it has arrived; null if not computed.</summary>
/// <param name="BlankLines">Lines that were skipped.</param>
/// <param name="Digest">SHA-256 in hex, to recognize the file of a label.</param>
public readonly record struct UploadedFile(long? BlankLines, string? Digest);
