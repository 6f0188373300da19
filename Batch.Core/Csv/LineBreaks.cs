namespace Batch.Core.Csv;

/// <summary>LF, CR LF and CR; the pair is one.</summary>
static class LineBreaks
{
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
