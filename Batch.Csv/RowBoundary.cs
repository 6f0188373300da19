namespace Batch.Csv;

/// <summary>How a row turned out.</summary>
enum RowOutcome : byte
{
    /// <summary>The bytes at hand do not tell yet.</summary>
    Undecided,
    WellFormed,
    MalformedQuotes,
    TooLong,
}

/// <summary>What <see cref="RowBoundaryFinder"/> found for one row.</summary>
/// <param name="Outcome">What the row is.</param>
/// <param name="LineEnd">Offset of the line break that ends the row's first line (or of the end of the file); -1 where it was not seen.</param>
/// <param name="End">Offset past the row's last byte; for a faulty row, of its first line's, and -1 where that was not seen.</param>
readonly record struct RowBoundary(RowOutcome Outcome, int LineEnd, int End);
