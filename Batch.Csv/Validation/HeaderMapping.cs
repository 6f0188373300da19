using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation;

/// <summary>How a file's columns go into a model's, or why they do not.</summary>
/// <param name="Mapping">For each column of the file the index of the model's column it fills, -1 where it is ignored.</param>
/// <param name="Faults">What is wrong with the header, as errors of row 0; empty where the file may be read.</param>
public sealed record HeaderMapping(int[] Mapping, IReadOnlyList<RejectEntry> Faults)
{
    /// <summary>Names beyond these are only counted, in <see cref="Warnings"/>: they are read with every look at the job.</summary>
    public const int MaxIgnored = 1000;

    public bool Fits => Faults.Count == 0;

    /// <summary>The likely cause of the faults, in a sentence or a few; null where none suggests itself.</summary>
    public string? Cause { get; init; }

    /// <summary>Columns of the file that are ignored, in its order; at most <see cref="MaxIgnored"/>. Empty where the header does not fit.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Sentences about what is allowed and still hardly meant; empty where the header does not fit.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
