namespace Batch.Csv;

/// <summary>LF, CR LF and CR; the pair is one.</summary>
static class LineBreaks
{
    /// <summary>Bytes of CR LF.</summary>
    public const int Longest = 2;

    /// <summary>2 for CR LF, 1 for CR or LF, 0 where there is none.</summary>
    public static int LengthAt(ReadOnlySpan<byte> text, int at) =>
        at == text.Length ? 0
        : text[at] == (byte)'\n' ? 1
        : text[at] != (byte)'\r' ? 0
        : at + 1 < text.Length && text[at + 1] == (byte)'\n' ? 2 : 1;

    public static int Count(ReadOnlySpan<byte> text)
    {
        var count = text.Count((byte)'\n');
        for (var at = text.IndexOf((byte)'\r'); at >= 0;)
        {
            text = text[(at + 1)..];
            count += text.Length > 0 && text[0] == (byte)'\n' ? 0 : 1;
            at = text.IndexOf((byte)'\r');
        }
        return count;
    }
}
