using System.Buffers.Binary;
using System.Text;

namespace Batch.Csv.Dialects;

/// <summary>UTF-16, as Excel writes "Unicode text". Half of a surrogate pair alone is no character.</summary>
sealed class Utf16Source(bool isBigEndian) : SourceEncoding
{
    internal override (int Taken, int Written) Convert(ReadOnlySpan<byte> input, bool isFinal, Span<byte> output)
    {
        var (taken, written) = (0, 0);
        while (input.Length - taken >= 2)
        {
            var first = (char)Unit(input[taken..]);
            if (char.IsHighSurrogate(first) && input.Length - taken < 4 && !isFinal)
                break;
            if (Rune.TryCreate(first, out var rune))
                written += rune.EncodeToUtf8(output[written..]);
            else if (char.IsHighSurrogate(first) && input.Length - taken >= 4 && Rune.TryCreate(first, (char)Unit(input[(taken + 2)..]), out rune))
            {
                written += rune.EncodeToUtf8(output[written..]);
                taken += 2;
            }
            else
                output[written++] = Invalid;
            taken += 2;
        }
        if (isFinal && taken < input.Length)
            (taken, output[written++]) = (input.Length, Invalid);
        return (taken, written);
    }

    ushort Unit(ReadOnlySpan<byte> bytes) => isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}

sealed class Utf32Source(bool isBigEndian) : SourceEncoding
{
    internal override (int Taken, int Written) Convert(ReadOnlySpan<byte> input, bool isFinal, Span<byte> output)
    {
        var (taken, written) = (0, 0);
        for (; input.Length - taken >= 4; taken += 4)
        {
            var value = isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(input[taken..]) : BinaryPrimitives.ReadUInt32LittleEndian(input[taken..]);
            if (Rune.TryCreate(value, out var rune))
                written += rune.EncodeToUtf8(output[written..]);
            else
                output[written++] = Invalid;
        }
        if (isFinal && taken < input.Length)
            (taken, output[written++]) = (input.Length, Invalid);
        return (taken, written);
    }
}
