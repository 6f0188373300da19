using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Batch.Csv.Validation.Parsing;

// The idea: eight digits are one 64-bit word. A word is checked with two additions and turned into its value with three
// multiplications, whatever the digits are, so that a column of numbers of different lengths costs no mispredicted branches.
// A shorter number is moved to the high end of the word (its last digit is the highest byte) and '0' is put in front of it:
//   "1716045542"  ->  word "17160454", word "00000042" worth two digits.
// Loads never leave the text: a short text is put together from loads that overlap.
public static partial class FieldParsers
{
    const ulong EightZeros = 0x3030303030303030;

    /// <summary>A whole number: an optional sign and digits, leading zeros allowed.</summary>
    /// <param name="magnitude">The number without its sign. OUT_OF_RANGE where it is 2^64 or more; a narrower width is the caller's to check.</param>
    public static ParseOutcome Integer(ReadOnlySpan<byte> text, out bool negative, out ulong magnitude)
    {
        ref var first = ref MemoryMarshal.GetReference(text);
        negative = false;
        if ((uint)(text.Length - 1) < 16 && TryDigits(ref first, text.Length, out magnitude))
            return ParseOutcome.Ok;

        if ((uint)(text.Length - 2) < 16 && first is (byte)'-' or (byte)'+' && TryDigits(ref Unsafe.Add(ref first, 1), text.Length - 1, out magnitude))
        {
            negative = first == '-';
            return ParseOutcome.Ok;
        }

        return AnyInteger(text, out negative, out magnitude);
    }

    /// <summary>Seconds since 1970 that fit 32 bits without a sign.</summary>
    public static ParseOutcome UnixSeconds(ReadOnlySpan<byte> text, out uint seconds)
    {
        var outcome = Integer(text, out var negative, out var magnitude);
        seconds = (uint)magnitude;
        return outcome == ParseOutcome.Ok && (magnitude > uint.MaxValue || (negative && magnitude != 0)) ? ParseOutcome.OutOfRange : outcome;
    }

    /// <summary>The value of 1 to 16 digits; false where one of the bytes is not a digit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryDigits(ref byte first, int count, out ulong value)
    {
        if (count <= 8)
        {
            var word = LoadLast(ref first, count);
            value = EightDigits(word);
            return AreDigits(word);
        }

        var head = Unsafe.ReadUnaligned<ulong>(ref first);
        var tail = KeepLast(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, count - 8)), count - 8);
        value = EightDigits(head) * PowersOfTen[count - 8] + EightDigits(tail);
        return AreDigits(head) & AreDigits(tail);
    }

    /// <summary>1 to 8 bytes at the high end of a word, filled up with '0' at the low end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong LoadLast(ref byte first, int count)
    {
        if (count == 8)
            return Unsafe.ReadUnaligned<ulong>(ref first);
        var shift = 64 - count * 8;
        if (count >= 4)
        {
            var low = (ulong)Unsafe.ReadUnaligned<uint>(ref first) << shift;
            var high = (ulong)Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref first, count - 4)) << 32;
            return low | high | (EightZeros >> (count * 8));
        }

        var middle = count >> 1;
        return ((ulong)first << shift) | ((ulong)Unsafe.Add(ref first, middle) << (shift + middle * 8))
            | ((ulong)Unsafe.Add(ref first, count - 1) << 56) | (EightZeros >> (count * 8));
    }

    /// <summary>Replaces all but the last 1 to 8 bytes by '0'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong KeepLast(ulong word, int count)
    {
        var dropped = (ulong.MaxValue >> (count * 4)) >> (count * 4); // in two steps: a shift by 64 would be one by 0
        return (word & ~dropped) | (EightZeros & dropped);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool AreDigits(ulong word) =>
        (((word + 0x4646464646464646) | (word - EightZeros)) & 0x8080808080808080) == 0;

    /// <summary>Pairs, then fours, then all eight: each step adds ten (a hundred, ten thousand) times the left half to the right one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong EightDigits(ulong word)
    {
        word -= EightZeros;
        word = (word * 10) + (word >> 8);
        return (((word & 0x000000FF000000FF) * 0x000F424000000064) + (((word >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
    }

    /// <summary>Takes the padding and a sign off; false where there is nothing but padding.</summary>
    static bool TryTakeSign(ref ReadOnlySpan<byte> text, out bool negative)
    {
        text = Trim(text);
        negative = text is [(byte)'-', ..];
        if (text.IsEmpty)
            return false;
        if (text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static ParseOutcome AnyInteger(ReadOnlySpan<byte> text, out bool negative, out ulong magnitude)
    {
        magnitude = 0;
        if (!TryTakeSign(ref text, out negative))
            return ParseOutcome.Blank;
        if (text.IsEmpty)
            return ParseOutcome.Malformed;

        UInt128 value = 0;
        foreach (var b in text)
        {
            var digit = (uint)(b - '0');
            if (digit > 9)
                return ParseOutcome.Malformed;
            if (value <= ulong.MaxValue) // past that the text is only looked at to see whether it is a number at all
                value = value * 10 + digit;
        }

        magnitude = (ulong)value;
        return value <= ulong.MaxValue ? ParseOutcome.Ok : ParseOutcome.OutOfRange;
    }
}
