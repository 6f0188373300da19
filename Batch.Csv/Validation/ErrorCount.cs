namespace Batch.Csv.Validation;

/// <summary>How many rows of a chunk have an error of one kind in one column.</summary>
/// <param name="Column">Empty where the row as a whole is faulty (MALFORMED_QUOTES, ROW_TOO_LONG).</param>
/// <param name="Error">One of <see cref="ErrorCodes"/>.</param>
public readonly record struct ErrorCount(string Column, string Error, long Count);
