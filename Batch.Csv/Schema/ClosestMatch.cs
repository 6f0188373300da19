namespace Batch.Csv.Schema;

/// <summary>Finds what somebody most likely meant to write.</summary>
public static class ClosestMatch
{
    /// <summary>The candidate at most two slips (letter wrong, missing, extra, or two swapped) away; null where none is near.</summary>
    public static string? Of(string text, IEnumerable<string> candidates)
    {
        string? best = null;
        var letters = Letters(text);
        // A short word is near to everything: one slip in three letters is allowed, two from five on.
        var bestDistance = (text.Length < 3 ? 0 : text.Length < 5 ? 1 : 2) + 1;
        if (text.Length > 64)
            return null;
        foreach (var candidate in candidates)
        {
            var distance = Distance(text.ToLowerInvariant(), candidate.ToLowerInvariant());
            // Of equals the one made of the same letters: Int46 is Int64 mistyped sooner than Int16.
            if (distance < bestDistance || (distance == bestDistance && best is not null && Letters(best) != letters && Letters(candidate) == letters))
                (best, bestDistance) = (candidate, distance);
        }
        return best;
    }

    static string Letters(string text) => string.Concat(text.ToLowerInvariant().Order());

    /// <summary>Damerau and Levenshtein's distance, neighbours swapped counting as one.</summary>
    static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[a.Length, b.Length];
    }
}
