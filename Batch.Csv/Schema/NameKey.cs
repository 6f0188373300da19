using System.Globalization;
using System.Text;

namespace Batch.Csv.Schema;

/// <summary>What a column's name is to the eye: names with the same key look alike. And in what they differ all the same.</summary>
internal static class NameKey
{
    [Flags]
    enum Parts { None = 0, Case = 1, Invisible = 2, Blanks = 4, Form = 8 }

    const Parts All = Parts.Case | Parts.Invisible | Parts.Blanks | Parts.Form;

    /// <summary>Without what cannot be seen and what parts words, in small letters, each letter followed by its marks, full-width letters narrow.</summary>
    public static string Of(string name) => Fold(name, All);

    /// <summary>In what two names of the same key differ: "they differ in capitals"; empty where they do not.</summary>
    public static string Difference(string one, string other)
    {
        // A part is among the causes if the names are still different when all the other parts are folded.
        var causes = new List<string>();
        if (Differ(Parts.Case))
            causes.Add("capitals");
        if (Differ(Parts.Invisible))
            causes.Add("an invisible character ("
                + string.Join(", ", (one + other).EnumerateRunes().Where(IsInvisible).Distinct().Take(3).Select(Describe)) + ")");
        if (Differ(Parts.Blanks))
            causes.Add("blanks, '_' or '-'");
        if (Differ(Parts.Form))
            causes.Add("the Unicode form of their letters (composed and decomposed, or of another width)");
        return string.Join(" and ", causes);

        bool Differ(Parts part) => Fold(one, All & ~part) != Fold(other, All & ~part);
    }

    /// <summary>The name in single quotes, with what cannot be seen as <c>&lt;U+200B&gt;</c>.</summary>
    public static string Show(string name)
    {
        var shown = new StringBuilder("'");
        foreach (var rune in name.EnumerateRunes())
            _ = IsInvisible(rune) || (Rune.IsWhiteSpace(rune) && rune.Value != ' ')
                ? shown.Append('<').Append(CodePoint(rune)).Append('>')
                : shown.Append(rune);
        return shown.Append('\'').ToString();
    }

    /// <summary>The first character of the name that nobody sees and no script needs there, as "U+200B"; null where there is none.</summary>
    public static string? InvisibleIn(string name)
    {
        var runes = name.EnumerateRunes().ToList();
        var at = runes.FindIndex(IsInvisible);
        for (; at >= 0; at = runes.FindIndex(at + 1, IsInvisible))
        {
            var isSelector = runes[at].Value is (>= 0xFE00 and <= 0xFE0F) or (>= 0x180B and <= 0x180D);
            var isJoiner = runes[at].Value is 0x034F or 0x200C or 0x200D;
            // Emoji, and words of Persian or Hindi, have these between their characters, and a selector after the last.
            if (at == 0 || !(isSelector || (isJoiner && at < runes.Count - 1)))
                return Describe(runes[at]);
        }
        return null;
    }

    static string Fold(string name, Parts parts)
    {
        if (parts.HasFlag(Parts.Form))
            name = Decomposition.Of(name);
        var key = new StringBuilder(name.Length);
        foreach (var given in name.EnumerateRunes())
        {
            var rune = given;
            if (parts.HasFlag(Parts.Form) && rune.Value is >= 0xFF01 and <= 0xFF5E)
                rune = new(rune.Value - 0xFF01 + '!');
            if (parts.HasFlag(Parts.Invisible) && IsInvisible(rune))
                continue;
            if (parts.HasFlag(Parts.Blanks) && (rune.Value is '_' or '-' or 0x2010 or 0x2011 || Rune.IsWhiteSpace(rune)))
                continue;
            key.Append(parts.HasFlag(Parts.Case) ? Rune.ToLowerInvariant(rune) : rune);
        }
        return key.ToString();
    }

    // Beside the format characters: joiners and fillers that Unicode counts among letters and marks.
    static bool IsInvisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format || (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control && !Rune.IsWhiteSpace(rune))
        || rune.Value is 0x034F or 0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x2800 or (>= 0xFE00 and <= 0xFE0F) or (>= 0x180B and <= 0x180D);

    static string Describe(Rune rune) => rune.Value == 0xFEFF ? "U+FEFF, a byte order mark" : CodePoint(rune);

    static string CodePoint(Rune rune) => "U+" + rune.Value.ToString("X4", CultureInfo.InvariantCulture);
}
