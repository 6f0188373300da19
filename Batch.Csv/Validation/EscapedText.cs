namespace Batch.Csv.Validation;

/// <summary>The inside of a quoted field that has doubled quotes in it.</summary>
static class EscapedText
{
    /// <summary>Bytes of the value that the text stands for.</summary>
    public static int Length(ReadOnlySpan<byte> text, bool isEscaped) => isEscaped ? text.Length - text.Count((byte)'"') / 2 : text.Length;

    /// <summary>Writes <c>say ""hi""</c> as <c>say "hi"</c>; returns the bytes written, at most as many as there were.</summary>
    public static int Unescape(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var written = 0;
        for (int quote; (quote = text.IndexOf((byte)'"')) >= 0; text = text[(quote + 2)..])
        {
            text[..(quote + 1)].CopyTo(output[written..]);
            written += quote + 1;
        }

        text.CopyTo(output[written..]);
        return written + text.Length;
    }
}
