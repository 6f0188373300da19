namespace Batch.Core.Rejected;

/// <summary>How many rows a selection has.</summary>
/// <param name="Left">Those that are not repaired.</param>
/// <param name="Repaired">Those that are.</param>
public readonly record struct SelectedRows(long Left, long Repaired);
