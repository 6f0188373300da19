using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Batch.Csv.Validation.Parsing;

// Every result is the double (float) nearest to the decimal text, ties to even, bit for bit what double.Parse gives. Four ways
// to get there, tried in this order; each knows when it cannot be sure and then leaves the text to the next:
//   1. up to 16 plain characters ("-122.4194"): the point is squeezed out of the word, the rest is digits (FieldParsers.Integers);
//      at most 15 digits and a power of ten up to 10^15 are exact doubles, so one division rounds once (Clinger).
//   2. any text of up to 19 significant digits: the same if digits and exponent are small enough,
//   3. else Eisel-Lemire: the digits times a 128-bit power of ten, unless the product lies too close to a tie.
//   4. double.Parse.
public static partial class FieldParsers
{
    const NumberStyles FloatStyle = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
    const long MaxExactInteger = 1L << 53;

    static readonly double[] ExactPowers =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>A decimal or scientific number, correctly rounded: <c>3.14</c>, <c>-1e5</c>, <c>.5</c>, <c>5.</c>, <c>+7</c>.</summary>
    /// <remarks>OUT_OF_RANGE where it would round to infinity. Neither NaN nor Infinity, hexadecimal or thousands separators.</remarks>
    public static ParseOutcome Float64(ReadOnlySpan<byte> text, out double value)
    {
        if ((uint)(text.Length - 1) < 17)
        {
            ref var first = ref MemoryMarshal.GetReference(text);
            var signed = first is (byte)'-' or (byte)'+' ? 1 : 0;
            var count = text.Length - signed;
            if ((uint)(count - 1) < 16 && TryPlainDecimal(ref Unsafe.Add(ref first, signed), count, out value))
            {
                var sign = first == '-' ? long.MinValue : 0;
                value = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(value) ^ sign);
                return ParseOutcome.Ok;
            }
        }

        return AnyFloat64(text, out value);
    }

    /// <summary>The same for 32 bits: rounded once, not first to a double.</summary>
    public static ParseOutcome Float32(ReadOnlySpan<byte> text, out float value)
    {
        var outcome = Float64(text, out var wide);
        value = (float)wide;
        if (outcome != ParseOutcome.Ok)
            return outcome;

        if (MayRoundTwice(wide))
            _ = float.TryParse(Trim(text), FloatStyle, CultureInfo.InvariantCulture, out value);
        return float.IsInfinity(value) ? ParseOutcome.OutOfRange : ParseOutcome.Ok;
    }

    /// <summary>Whether the float nearest to this double may be another than the one nearest to the text it was read from.</summary>
    /// <remarks>
    /// The second rounding goes wrong only where the double stands exactly in the middle between two floats but the text does not; and
    /// below the normal floats, where the middle is elsewhere.
    /// </remarks>
    internal static bool MayRoundTwice(double wide)
    {
        var middle = (BitConverter.DoubleToUInt64Bits(wide) & 0x1FFFFFFF) == 0x10000000;
        return (middle || Math.Abs(wide) < 1.1754943508222875e-38) && wide != 0;
    }

    /// <summary>The words for what is no number: <c>NaN</c>, <c>Inf</c>, <c>Infinity</c>, the latter two with a sign if need be; any case.</summary>
    public static bool TryNonFinite(ReadOnlySpan<byte> text, out double value)
    {
        text = Trim(text);
        if (System.Text.Ascii.EqualsIgnoreCase(text, "nan"u8))
        {
            value = double.NaN;
            return true;
        }

        value = text is [(byte)'-', ..] ? double.NegativeInfinity : double.PositiveInfinity;
        if (text is [(byte)'-' or (byte)'+', ..])
            text = text[1..];
        return System.Text.Ascii.EqualsIgnoreCase(text, "inf"u8) || System.Text.Ascii.EqualsIgnoreCase(text, "infinity"u8);
    }

    /// <summary>1 to 16 digits with at most one point among them; false where it is anything else, or may need more than one rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryPlainDecimal(ref byte first, int count, out double value)
    {
        ulong digits;
        int fraction;
        bool valid;
        if (count <= 8)
        {
            var word = LoadLast(ref first, count);
            var hadPoint = TryRemovePoint(ref word, out fraction);
            digits = EightDigits(word);
            valid = AreDigits(word) && count > (hadPoint ? 1 : 0);
        }
        else
        {
            var tailCount = count - 8;
            var head = Unsafe.ReadUnaligned<ulong>(ref first);
            var tail = KeepLast(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, tailCount)), tailCount);
            if (TryRemovePoint(ref head, out fraction))
                fraction += tailCount;
            else if (TryRemovePoint(ref tail, out fraction))
                tailCount--;
            digits = EightDigits(head) * PowersOfTen[tailCount] + EightDigits(tail);
            valid = AreDigits(head) & AreDigits(tail); // a second point, wherever it is, is not a digit
        }

        value = (long)digits / ExactPowers[fraction];
        return valid;
    }

    /// <summary>Takes the lowest '.' out of a word: what stood before it moves up, a '0' comes in at the low end.</summary>
    /// <param name="word">"0001.250" becomes "00001250".</param>
    /// <param name="fraction">Bytes after the point: 3 in the example.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryRemovePoint(ref ulong word, out int fraction)
    {
        var difference = word ^ 0x2E2E2E2E2E2E2E2E;
        var points = (difference - 0x0101010101010101) & ~difference & 0x8080808080808080; // exact for the lowest one
        fraction = 0;
        if (points == 0)
            return false;
        var point = BitOperations.TrailingZeroCount(points) & ~7; // in bits
        var before = (1UL << point) - 1;
        var after = ulong.MaxValue << point << 8;
        word = ((word & before) << 8) | (word & after) | '0';
        fraction = 7 - point / 8;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static ParseOutcome AnyFloat64(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        text = Trim(text);
        if (text.IsEmpty)
            return ParseOutcome.Blank;
        if (!TryScanShort(text, out var scan) && !TryScanDecimal(text, out scan))
            return ParseOutcome.Malformed;

        if (scan.Digits == 0)
            value = 0;
        else if (scan.Exponent > 310)
            return ParseOutcome.OutOfRange;
        else if (scan.Exponent < -400)
            value = 0;
        else if (!scan.Truncated && scan.Digits <= MaxExactInteger && Math.Abs(scan.Exponent) <= 22)
            value = scan.Exponent < 0 ? (long)scan.Digits / ExactPowers[(int)-scan.Exponent] : (long)scan.Digits * ExactPowers[(int)scan.Exponent];
        else if (scan.Truncated || !EiselLemire.TryToDouble(scan.Digits, (int)scan.Exponent, out value))
        {
            _ = double.TryParse(text, FloatStyle, CultureInfo.InvariantCulture, out value);
            return double.IsInfinity(value) ? ParseOutcome.OutOfRange : ParseOutcome.Ok;
        }

        if (scan.Negative)
            value = -value;
        return ParseOutcome.Ok;
    }
}
