namespace Batch.Cli.Help;

/// <summary>What stands below the options in the help of a command.</summary>
/// <param name="Examples">Command lines that work as they are, given such files and ids.</param>
/// <param name="ExitCodes">In ascending order.</param>
internal sealed record CommandGuide(IReadOnlyList<string> Examples, IReadOnlyList<(int Code, string Meaning)> ExitCodes);
