using System.Text;
using System.Text.Unicode;

namespace Batch.Csv.Validation;

/// <summary>Text of a bad row as it is shown to people: short, and valid UTF-8 whatever stood in the file.</summary>
static class ObservedText
{
    /// <summary>Longest text, in bytes; a longer one is cut before the character that would go beyond it.</summary>
    public const int MaxBytes = 256;

    public const int ScratchBytes = 2 * MaxBytes + 1;

    /// <summary>The beginning of a field's text, quotes undoubled and what is no UTF-8 replaced by U+FFFD.</summary>
    /// <param name="isText">It is known to be valid UTF-8.</param>
    /// <param name="escape">Stands before each quote in it.</param>
    /// <param name="scratch"><see cref="ScratchBytes"/>; used only where the text cannot be shown as it stands.</param>
    /// <returns>A slice of <paramref name="text"/> or of <paramref name="scratch"/>.</returns>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> text, bool isEscaped, bool isText, Span<byte> scratch, byte escape = (byte)'"')
    {
        // One byte more than is kept tells whether the last character is whole; a text that is not cut ends with one that is.
        var head = text[..Math.Min(text.Length, MaxBytes + 1)];
        if (isEscaped)
            head = scratch[..UnescapeSome(text, escape, scratch[..(MaxBytes + 1)])];
        if (head.Length > MaxBytes)
        {
            var length = MaxBytes;
            for (var back = 0; back < 3 && (head[length] & 0xC0) == 0x80; back++)
                length--;
            head = head[..length];
        }

        return isText || Utf8.IsValid(head) ? head : Replace(head, scratch[(MaxBytes + 1)..]);
    }

    /// <summary>As much as there is room for.</summary>
    static int UnescapeSome(ReadOnlySpan<byte> text, byte escape, Span<byte> output)
    {
        var written = 0;
        for (var i = 0; i < text.Length && written < output.Length; i++)
        {
            if (text[i] == escape && i + 1 < text.Length)
                i++;
            output[written++] = text[i];
        }

        return written;
    }

    static ReadOnlySpan<byte> Replace(ReadOnlySpan<byte> text, Span<byte> output)
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

        return output[..written];
    }
}
