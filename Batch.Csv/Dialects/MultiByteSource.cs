using System.Text;

namespace Batch.Csv.Dialects;

/// <summary>Shift-JIS, GB18030 and the like, whose characters .NET knows to take apart.</summary>
/// <remarks>Its decoder puts a character in the place of what it cannot read; one that is in no text, and is taken out again here.</remarks>
sealed class MultiByteSource(Encoding encoding) : SourceEncoding
{
    const char Unreadable = '\uFFFF';

    readonly Decoder _decoder = ((Encoding)encoding.Clone()).With(new DecoderReplacementFallback(Unreadable.ToString()));
    char[] _chars = [];
    char _high;

    internal override (int Taken, int Written) Convert(ReadOnlySpan<byte> input, bool isFinal, Span<byte> output)
    {
        if (_chars.Length < encoding.GetMaxCharCount(input.Length))
            _chars = new char[encoding.GetMaxCharCount(input.Length)];
        var chars = _chars.AsSpan(0, _decoder.GetChars(input, _chars, flush: isFinal));
        var written = 0;
        foreach (var next in chars)
        {
            if (char.IsHighSurrogate(next))
                _high = next;
            else if (next is Unreadable or '\uFFFD')
                output[written++] = Invalid;
            else
                written += (char.IsLowSurrogate(next) ? new Rune(_high, next) : new Rune(next)).EncodeToUtf8(output[written..]);
        }
        return (input.Length, written);
    }
}

file static class DecoderOf
{
    public static Decoder With(this Encoding encoding, DecoderFallback fallback)
    {
        encoding.DecoderFallback = fallback;
        return encoding.GetDecoder();
    }
}
