namespace Batch.Csv.Validation.Rejects;

/// <summary>One error of one rejected row; row 0 is the header.</summary>
/// <param name="Seq">The n-th error of its row, from 0.</param>
/// <param name="Observed">What stood there, cut at 256 bytes; null where nothing did.</param>
public readonly record struct RejectEntry(
    long Row, long Line, int Seq, string? EventId, string Column, string Type, string Error, string? Observed, string Message);
