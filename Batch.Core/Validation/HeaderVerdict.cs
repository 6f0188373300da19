namespace Batch.Core.Validation;

/// <summary>How a file's columns go into a model's, or why they do not.</summary>
/// <param name="Mapping">For each column of the file the index of the model's column it fills, -1 where it is ignored.</param>
/// <param name="Faults">What is wrong with the header, as errors of row 0; empty where the file may be read.</param>
public sealed record HeaderVerdict(int[] Mapping, IReadOnlyList<RejectEntry> Faults)
{
    public bool Fits => Faults.Count == 0;
}
