namespace Batch.Csv.Validation.Parsing;

/// <summary>Reads values from the UTF-8 text of a field. One home for validation and schema inference, so that they agree.</summary>
/// <remarks>
/// Text is a field without its quotes. Spaces and tabs around a value are allowed, as in most loaders; text columns do not come
/// here and keep them. Nothing allocates, nothing throws, nothing depends on the culture. Every parser has a short path for the
/// text that files are full of and leaves the rest to a path that may be slow but knows all the rules. To add a type, add a file
/// <c>FieldParsers.Type.cs</c> with one method that returns a <see cref="ParseOutcome"/>.
/// </remarks>
public static partial class FieldParsers
{
    /// <summary>Takes spaces and tabs off both ends.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        int start = 0, end = text.Length;
        while (start < end && text[start] is (byte)' ' or (byte)'\t')
            start++;
        while (start < end && text[end - 1] is (byte)' ' or (byte)'\t')
            end--;
        return text[start..end];
    }

    /// <summary>True, false, 1 or 0, in any case.</summary>
    public static ParseOutcome Boolean(ReadOnlySpan<byte> text, out bool value)
    {
        if (text.Length == 1 && (uint)(text[0] - '0') <= 1)
        {
            value = text[0] == '1';
            return ParseOutcome.Ok;
        }

        text = Trim(text);
        switch (text.Length)
        {
            case 0:
                value = false;
                return ParseOutcome.Blank;
            case 1 when (uint)(text[0] - '0') <= 1:
                value = text[0] == '1';
                return ParseOutcome.Ok;
            // Bit 5 is all that sets a small letter apart from its capital: with it set, only those two give the small one.
            case 4 when Lower4(text) == 0x65757274: // "true", first letter lowest
                value = true;
                return ParseOutcome.Ok;
            case 5 when Lower4(text) == 0x736c6166 && (text[4] | 0x20) == 'e':
                value = false;
                return ParseOutcome.Ok;
            default:
                value = false;
                return ParseOutcome.Malformed;
        }
    }

    static uint Lower4(ReadOnlySpan<byte> text) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(text) | 0x20202020;
}
