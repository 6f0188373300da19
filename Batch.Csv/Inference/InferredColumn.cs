using Batch.Csv.Schema;

namespace Batch.Csv.Inference;

/// <summary>One column as it was found in a file.</summary>
/// <param name="Column">The narrowest type that fits: all values, or all but the <paramref name="Misfits"/>.</param>
/// <param name="Evidence">What was seen.</param>
/// <param name="Misfits">What the type refuses, whose rows would be rejected; null where it takes every value.</param>
public sealed record InferredColumn(Column Column, ColumnEvidence Evidence, RuledOut? Misfits);

/// <summary>What a column of a file holds.</summary>
public sealed record ColumnEvidence
{
    /// <summary>Rows that have a value.</summary>
    public required long Values { get; init; }
    /// <summary>Rows that have none: blank, or the row ended before.</summary>
    public required long Blanks { get; init; }
    public long? FirstBlankRow { get; init; }
    /// <summary>Different values, up to 64.</summary>
    public required int Distinct { get; init; }
    /// <summary>There are more than <see cref="Distinct"/>.</summary>
    public required bool MoreDistinct { get; init; }
    /// <summary>The first five different values, each cut at 256 bytes.</summary>
    public required IReadOnlyList<string> Samples { get; init; }
    /// <summary>All values of a CATEGORY, in order; of other types none.</summary>
    public required IReadOnlyList<string> Categories { get; init; }
    /// <summary>Lowest and highest, of INTEGER, FLOAT and TIMESTAMP (as ISO 8601).</summary>
    public string? Minimum { get; init; }
    public string? Maximum { get; init; }
    /// <summary>Longest value in bytes.</summary>
    public required int LongestBytes { get; init; }
    /// <summary>The first value that each other type would refuse, or the one that it would change, latest first: the top one decided.</summary>
    public required IReadOnlyList<RuledOut> RuledOut { get; init; }
}

/// <summary>Why a column is not of a narrower type.</summary>
/// <param name="Type">The type it is not.</param>
/// <param name="Row">The first row that it would refuse; data rows count from 1.</param>
/// <param name="Value">What stands there, cut at 256 bytes.</param>
/// <param name="Reason">In words.</param>
/// <param name="Count">How many values it would refuse, as far as they were counted: a type that refuses most is given up at some 10,000.</param>
public sealed record RuledOut(string Type, long Row, string Value, string Reason, long Count);
