using System.Text;

namespace Batch.Csv.Dialects;

/// <summary>Windows-1252 and the like: a table from each byte to its UTF-8.</summary>
sealed class SingleByteSource : SourceEncoding
{
    // The bytes of the character from the lowest, and their number in the highest.
    readonly uint[] _table = new uint[256];

    public SingleByteSource(Encoding encoding)
    {
        var strict = (Encoding)encoding.Clone();
        strict.DecoderFallback = DecoderFallback.ExceptionFallback;
        Span<byte> utf8 = stackalloc byte[4];
        for (var value = 0; value < 256; value++)
        {
            if (CharacterOf(strict, (byte)value) is { } rune)
            {
                var length = rune.EncodeToUtf8(utf8);
                for (var i = 0; i < length; i++)
                    _table[value] |= (uint)utf8[i] << (8 * i);
                _table[value] |= (uint)length << 24;
            }
            else
                // A lone continuation byte is no UTF-8 and may stay as it is, so that the row is kept as it was; a lead byte could find a continuation.
                _table[value] = (value < 0xC0 ? (uint)value : Invalid) | 1 << 24;
        }
    }

    static Rune? CharacterOf(Encoding encoding, byte value)
    {
        string text;
        try
        {
            text = encoding.GetString([value]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
        if (text.Length != 1 || !Rune.TryCreate(text[0], out var rune))
            return null;
        // Where a Windows code page has nothing, the table of .NET has a control character or one for private use. Control characters of ISO 8859 are its own.
        var isNothing = rune.Value is >= 0xE000 and < 0xF900 or 0xFFFD || (rune.Value is >= 0x80 and < 0xA0 && encoding.CodePage is < 28591 or > 28606);
        return isNothing ? null : rune;
    }

    internal override (int Taken, int Written) Convert(ReadOnlySpan<byte> input, bool isFinal, Span<byte> output)
    {
        var written = 0;
        foreach (var value in input)
        {
            var entry = _table[value];
            output[written++] = (byte)entry;
            if (entry >> 24 == 1)
                continue;
            output[written++] = (byte)(entry >> 8);
            if (entry >> 24 == 3)
                output[written++] = (byte)(entry >> 16);
        }
        return (input.Length, written);
    }
}
