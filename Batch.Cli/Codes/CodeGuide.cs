namespace Batch.Cli;

/// <summary>What a code means and what to do about it.</summary>
/// <param name="Kind">What it is said of: row, header, file, job or request.</param>
/// <param name="Why">The ways it usually comes about.</param>
/// <param name="Example">A value that is refused, or a command that helps; null where there is none to show.</param>
internal sealed record CodeGuide(string Code, string Kind, string What, string Why, string Fix, string? Example = null);
