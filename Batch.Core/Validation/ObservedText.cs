using System.Text;
using System.Text.Unicode;

namespace Batch.Core.Validation;

/// <summary>Text of a bad row as it is shown to people: short, and valid UTF-8 whatever stood in the file.</summary>
static class ObservedText
{
    /// <summary>Longest text, in bytes; a longer one is cut before the character that would go beyond it.</summary>
    public const int MaxBytes = 256;

    /// <summary>Copies the beginning of a field's text, quotes undoubled and what is no UTF-8 replaced by U+FFFD.</summary>
    /// <param name="output">At least <see cref="MaxBytes"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Copy(ReadOnlySpan<byte> text, bool isEscaped, Span<byte> output)
    {
        // One byte more than is kept tells whether the last character is whole; a text that is not cut ends with one that is.
        Span<byte> head = stackalloc byte[MaxBytes + 1];
        var length = 0;
        for (var i = 0; i < text.Length && length < head.Length; i++)
        {
            head[length++] = text[i];
            if (isEscaped && text[i] == '"')
                i++;
        }

        if (length > MaxBytes)
        {
            length = MaxBytes;
            for (var back = 0; back < 3 && (head[length] & 0xC0) == 0x80; back++)
                length--;
        }

        head = head[..length];
        if (Utf8.IsValid(head))
        {
            head.CopyTo(output);
            return length;
        }

        return CopyReplaced(head, output[..MaxBytes]);
    }

    static int CopyReplaced(ReadOnlySpan<byte> text, Span<byte> output)
    {
        var written = 0;
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out var rune, out var consumed); // gives U+FFFD for what it cannot decode
            if (!rune.TryEncodeToUtf8(output[written..], out var bytes))
                break;
            written += bytes;
            text = text[consumed..];
        }

        return written;
    }
}
