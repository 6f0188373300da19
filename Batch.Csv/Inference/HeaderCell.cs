namespace Batch.Csv.Inference;

/// <summary>What a field of the first line seems to be.</summary>
enum HeaderCell : byte
{
    Name,
    /// <summary>Like the values below it.</summary>
    Value,
    /// <summary>Digits and signs above a column of text.</summary>
    Unknown,
}
