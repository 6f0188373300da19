namespace Batch.Cli;

/// <summary>What somebody may have meant.</summary>
internal static class Spelling
{
    /// <summary>The word with the fewest letters changed, swapped, added or left out; null where none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> words)
    {
        var best = words.Select(known => (known, Distance: Distance(word, known))).OrderBy(pair => pair.Distance).FirstOrDefault();
        return best.known is not null && best.Distance <= Math.Max(1, Math.Min(word.Length, best.known.Length) / 3) ? best.known : null;
    }

    static int Distance(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            table[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            table[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                table[i, j] = Math.Min(Math.Min(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }
        return table[a.Length, b.Length];
    }
}
