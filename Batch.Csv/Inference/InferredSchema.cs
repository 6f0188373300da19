namespace Batch.Csv.Inference;

/// <summary>A schema as a file suggests it.</summary>
public sealed partial record InferredSchema
{
    /// <summary>In the order of the header line.</summary>
    public required IReadOnlyList<InferredColumn> Columns { get; init; }
    /// <summary>The file has columns that cannot be in a model (blank or repeated names, reserved ones); they are to be ignored.</summary>
    public required bool IgnoreExtraColumns { get; init; }
    /// <summary>Data rows that were read, unreadable ones included.</summary>
    public required long Rows { get; init; }
    /// <summary>Rows that will be rejected under any schema; <see cref="Notes"/> says why.</summary>
    public required long RejectedRows { get; init; }
    /// <summary>
    /// Of the others, those that this schema rejects: at most so many, and at most one in a hundred. They are the
    /// <see cref="InferredColumn.Misfits"/>; a row that is one in two columns counts twice.
    /// </summary>
    public required long MisfitRows { get; init; }
    /// <summary>
    /// There are rows that were not read: <see cref="InferenceOptions.MaxRows"/> or <see cref="InferenceOptions.MaxBytes"/> ended the reading.
    /// </summary>
    public bool IsSample { get; init; }
    /// <summary>The separator used: the one given, or the one that fits best.</summary>
    public required char Delimiter { get; init; }
    /// <summary>What a person should know before loading the file with this schema; a sentence each.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
