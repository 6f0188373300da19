using Batch.Client;

namespace Batch.Cli.Output;

/// <summary>Colours by meaning, in the sixteen that every terminal has and lets its owner choose.</summary>
internal static class Colours
{
    public static string Of(JobState state, string text) => Paint(text, state switch
    {
        JobState.Success => 32,
        JobState.PartialSuccess => 33,
        JobState.Failed => 31,
        JobState.Running => 36,
        JobState.Cancelled => 35,
        _ => 90,
    });

    /// <summary>The bar's <c>#</c> green, <c>X</c> red, the rest as it is.</summary>
    public static string Bar(string text)
    {
        var bad = text.IndexOf('X', StringComparison.Ordinal);
        var good = text.IndexOf('#', StringComparison.Ordinal);
        if (bad >= 0)
        {
            var end = text.LastIndexOf('X') + 1;
            text = text[..bad] + Paint(text[bad..end], 31) + text[end..];
        }
        if (good >= 0)
        {
            var end = text.LastIndexOf('#') + 1;
            text = text[..good] + Paint(text[good..end], 32) + text[end..];
        }
        return text;
    }

    public static string Bad(string text) => Paint(text, 31);

    public static string Bold(string text) => Paint(text, 1);

    static string Paint(string text, int code) => $"\e[{code}m{text}\e[0m";
}
