using System.Buffers.Binary;

namespace Batch.Csv.Validation.Parsing;

// Decimal text taken apart into digits and a power of ten, for the numbers that FieldParsers.Floats has no shorter way with.
public static partial class FieldParsers
{
    /// <summary>A decimal number taken apart: <c>Digits × 10^Exponent</c>, the digits cut after 19 significant ones.</summary>
    struct DecimalScan
    {
        public bool Negative;
        public ulong Digits;
        public long Exponent;
        public bool Truncated;
    }

    /// <summary>Text of up to 19 digits, leading zeros counted, and whatever exponent; false where it is anything else.</summary>
    static bool TryScanShort(ReadOnlySpan<byte> text, out DecimalScan scan)
    {
        scan = default;
        var at = text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        scan.Negative = text[0] == '-';
        var first = at;
        ulong digits = 0; // of more than 19 it would overflow; then all is done again
        for (; at < text.Length && text[at] - '0' is >= 0 and <= 9 and var digit; at++)
            digits = digits * 10 + (uint)digit;
        var count = at - first;
        if (at < text.Length && text[at] == '.')
        {
            first = ++at;
            for (; text.Length - at >= 8 && BinaryPrimitives.ReadUInt64LittleEndian(text[at..]) is var word && AreDigits(word); at += 8)
                digits = digits * 100_000_000 + EightDigits(word);
            for (; at < text.Length && text[at] - '0' is >= 0 and <= 9 and var digit; at++)
                digits = digits * 10 + (uint)digit;
            scan.Exponent = first - at;
            count += at - first;
        }

        scan.Digits = digits;
        return count is > 0 and <= 19 && TryScanExponent(text[at..], ref scan.Exponent);
    }

    /// <summary>Any text.</summary>
    static bool TryScanDecimal(ReadOnlySpan<byte> text, out DecimalScan scan)
    {
        scan = default;
        var at = 0;
        if (text[0] is (byte)'-' or (byte)'+')
        {
            scan.Negative = text[0] == '-';
            at = 1;
        }

        int significant = 0, seen = 0;
        var point = -1;
        for (; at < text.Length; at++)
        {
            var digit = (uint)(text[at] - '0');
            if (digit <= 9)
            {
                seen++;
                if (significant < 19)
                {
                    scan.Digits = scan.Digits * 10 + digit;
                    if (scan.Digits != 0)
                        significant++;
                }
                else
                {
                    scan.Truncated |= digit != 0;
                    scan.Exponent++;
                }

                if (point >= 0)
                    scan.Exponent--;
            }
            else if (text[at] == '.' && point < 0)
                point = at;
            else
                break;
        }

        return seen > 0 && TryScanExponent(text[at..], ref scan.Exponent);
    }

    /// <summary>Nothing, or <c>e</c>, an optional sign and digits.</summary>
    static bool TryScanExponent(ReadOnlySpan<byte> text, ref long exponent)
    {
        if (text.IsEmpty)
            return true;
        if (text[0] is not ((byte)'e' or (byte)'E'))
            return false;
        text = text[1..];
        var negative = text is [(byte)'-', ..];
        if (text is [(byte)'-' or (byte)'+', ..])
            text = text[1..];
        if (text.IsEmpty)
            return false;

        long value = 0;
        foreach (var b in text)
        {
            var digit = (uint)(b - '0');
            if (digit > 9)
                return false;
            if (value < 100_000_000) // far beyond what any number of digits in a row could make up for
                value = value * 10 + digit;
        }

        exponent += negative ? -value : value;
        return true;
    }
}
