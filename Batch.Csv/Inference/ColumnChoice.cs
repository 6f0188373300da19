using Batch.Csv.Schema;

namespace Batch.Csv.Inference;

/// <summary>A type for a column of a file.</summary>
/// <param name="Misfits">What the type refuses; null where it is a text, which takes everything.</param>
sealed record ColumnChoice(Column Column, TypeTally? Misfits)
{
    /// <summary>Rows that would be rejected for it.</summary>
    public long Rows => Misfits?.Refused ?? 0;
}
