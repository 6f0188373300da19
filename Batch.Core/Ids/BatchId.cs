namespace Batch.Core.Ids;

/// <summary>Ids of models and jobs: 32 lowercase hex digits, so that <c>data_&lt;model_id&gt;</c> needs no quotes in SQL.</summary>
public static class BatchId
{
    /// <summary>Digits of a whole id.</summary>
    public const int Length = 32;
    /// <summary>The shortest prefix that is taken for an id, in digits.</summary>
    public const int MinPrefix = 4;

    public static string New() => Guid.NewGuid().ToString("N");

    /// <summary>Drops dashes and capitals. False where what is left is no id and no prefix of one.</summary>
    public static bool TryNormalize(string text, out string hexPrefix)
    {
        Span<char> digits = stackalloc char[Length];
        var length = 0;
        hexPrefix = "";
        foreach (var c in text)
        {
            if (c == '-')
                continue;
            if (!char.IsAsciiHexDigit(c) || length == Length)
                return false;
            digits[length++] = char.ToLowerInvariant(c);
        }
        if (length < MinPrefix)
            return false;
        hexPrefix = new string(digits[..length]);
        return true;
    }
}
