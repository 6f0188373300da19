using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Batch.Cli;

/// <summary>Lengths of time as people type them: <c>90</c> (seconds), <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>00:05:00</c>.</summary>
internal static class Durations
{
    public static Option<TimeSpan?> Option(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = Parse,
    };

    static TimeSpan? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (TryParse(text, out var time))
            return time;
        result.AddError($"'{text}' is not a duration. Write it like 30s, 5m or 2h.");
        return null;
    }

    public static bool TryParse(string text, out TimeSpan time)
    {
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out time) && time >= TimeSpan.Zero;
        var (unit, seconds) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => ("ms", 0.001),
            _ when text.EndsWith('s') => ("s", 1),
            _ when text.EndsWith('m') => ("m", 60),
            _ when text.EndsWith('h') => ("h", 3600.0),
            _ => ("", 1),
        };
        var valid = double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value * seconds < int.MaxValue / 1000.0;
        time = valid ? TimeSpan.FromSeconds(value * seconds) : default;
        return valid;
    }
}
