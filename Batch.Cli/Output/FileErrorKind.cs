namespace Batch.Cli.Output;

/// <summary>How many errors of one kind a column of a file has: a <see cref="Batch.Client.RejectedSummary"/>, and the file.</summary>
internal sealed record FileErrorKind(string Column, string Type, string Error, long Count, string? Sample, string File);
