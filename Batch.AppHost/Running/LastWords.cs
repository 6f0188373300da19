using System.Text.RegularExpressions;

namespace Batch.AppHost;

/// <summary>What a process wrote to standard error before it ended, which is where the programs of Batch say why they end.</summary>
static partial class LastWords
{
    const int Lines = 5;

    /// <summary>Its last lines on one line; empty if it wrote nothing since it was started.</summary>
    public static async Task<string> OfAsync(ResourceLoggerService logs, string resourceId, CancellationToken cancellationToken)
    {
        var lines = new List<(string, bool)>();
        await foreach (var some in logs.GetAllAsync(resourceId).WithCancellation(cancellationToken))
            lines.AddRange(some.Select(line => (line.Content, line.IsErrorMessage)));
        return Of(lines);
    }

    /// <param name="lines">
    /// Not in order: the orchestrator's own lines, standard output and standard error are kept apart. A restart forgets none of them.
    /// </param>
    internal static string Of(IEnumerable<(string Text, bool IsError)> lines)
    {
        var timed = lines.Select(line =>
        {
            var (at, text) = Split(line.Text);
            return (At: at, Text: text, line.IsError);
        }).OrderBy(line => line.At, StringComparer.Ordinal).ToList();
        var started = timed.LastOrDefault(line => line.Text.StartsWith("[sys] Starting process", StringComparison.Ordinal)).At ?? "";
        return string.Join(' ', timed
            .Where(line => line.IsError && line.Text.Length > 0 && string.CompareOrdinal(line.At, started) >= 0)
            .Select(line => line.Text).TakeLast(Lines));
    }

    /// <summary>When a line of a log was written, which is empty where it does not say so, and the line without colours.</summary>
    internal static (string At, string Text) Split(string line)
    {
        // 2026-11-30T18:20:33.1234567Z [sys] Starting process...: Cmd = /…/Batch.Api, Args = []
        // 2026-11-30T18:20:33.2345678Z The data folder '/data' cannot be used: Permission denied.
        var match = Line().Match(line);
        return (match.Groups[1].Value, Colour().Replace(match.Success ? match.Groups[2].Value : line, "").Trim());
    }

    [GeneratedRegex(@"^(\d{4}-\d\d-\d\dT[\d:.]+)Z?\s(.*)$", RegexOptions.Singleline)]
    private static partial Regex Line();

    [GeneratedRegex(@"\x1b\[[\d;]*m")]
    private static partial Regex Colour();
}
