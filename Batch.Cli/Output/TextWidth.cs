using System.Globalization;
using System.Text;

namespace Batch.Cli.Output;

/// <summary>How many cells of a terminal a text takes, and texts that are safe to put there.</summary>
/// <remarks>Letters of East Asian scripts take two cells, combining marks none; names of models and columns may have either.</remarks>
internal static class TextWidth
{
    public static int Of(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
            width += Of(rune);
        return width;
    }

    /// <summary>Cut to a width, with <c>..</c> in place of what is left out, as the user guide's table has it.</summary>
    public static string Cut(string text, int width)
    {
        if (Of(text) <= width)
            return text;
        var kept = new StringBuilder();
        var left = Math.Max(0, width - 2);
        foreach (var rune in text.EnumerateRunes())
        {
            left -= Of(rune);
            if (left < 0)
                break;
            kept.Append(rune.ToString());
        }
        return kept.Append("..", 0, Math.Min(2, width)).ToString();
    }

    public static string Pad(string text, int width, bool right)
    {
        var missing = Math.Max(0, width - Of(text));
        return right ? new string(' ', missing) + text : text + new string(' ', missing);
    }

    /// <summary>Breaks a text between words into lines of at most a width; a word that is longer is broken where it must be.</summary>
    public static List<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        var line = new StringBuilder();
        var used = 0;
        foreach (var given in text.Split(' '))
        {
            var word = given;
            while (true)
            {
                var space = used > 0 ? 1 : 0;
                if (used + space + Of(word) <= width)
                {
                    line.Append(' ', space).Append(word);
                    used += space + Of(word);
                    break;
                }
                if (used == 0)
                {
                    var fits = Math.Max(1, Fitting(word, width));
                    lines.Add(word[..fits]);
                    word = word[fits..];
                    continue;
                }
                lines.Add(line.ToString());
                line.Clear();
                used = 0;
            }
        }
        lines.Add(line.ToString());
        return lines;
    }

    /// <summary>The text without characters that would move the cursor or change colours: they come out of files and from other people.</summary>
    public static string Safe(string text) =>
        text.Any(IsUnsafe) ? string.Concat(text.Select(c => IsUnsafe(c) ? c is '\n' or '\t' or '\r' ? ' ' : '\uFFFD' : c)) : text;

    static bool IsUnsafe(char c) => char.IsControl(c);

    /// <summary>Characters of the longest beginning that is no wider than <paramref name="width"/>.</summary>
    static int Fitting(string word, int width)
    {
        var at = 0;
        foreach (var rune in word.EnumerateRunes())
        {
            width -= Of(rune);
            if (width < 0)
                break;
            at += rune.Utf16SequenceLength;
        }
        return at;
    }

    static int Of(Rune rune) => rune.Value switch
    {
        < 0x300 => 1,
        (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
            or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF)
            or (>= 0x20000 and <= 0x3FFFD) => 2,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format ? 0 : 1,
    };
}
