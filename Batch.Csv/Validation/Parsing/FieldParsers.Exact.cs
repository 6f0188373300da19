namespace Batch.Csv.Validation.Parsing;

// Numbers of up to 77 digits, exact: digits are gathered nineteen at a time, as many as 64 bits hold.
public static partial class FieldParsers
{
    const int WordDigits = 19;

    static ReadOnlySpan<ulong> PowersOfTen =>
    [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000, 1_000_000_000_000,
        10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
        10_000_000_000_000_000_000,
    ];

    internal static ulong PowerOfTen(int exponent) => PowersOfTen[exponent];

    /// <summary>A whole number of any length; OUT_OF_RANGE where it does not fit 256 bits.</summary>
    internal static ParseOutcome WideInteger(ReadOnlySpan<byte> text, out bool negative, out UInt256 magnitude)
    {
        magnitude = default;
        if (!TryTakeSign(ref text, out negative))
            return ParseOutcome.Blank;
        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return ParseOutcome.Malformed;
        return TryAppend(ref magnitude, text) ? ParseOutcome.Ok : ParseOutcome.OutOfRange;
    }

    /// <summary>A decimal or scientific number in units of 10^-<paramref name="scale"/>.</summary>
    /// <remarks>
    /// PRECISION_LOSS where a digit below the last unit is not zero, OUT_OF_RANGE where it does not fit 256 bits. Both, where it is both,
    /// is the latter: fewer digits would not help.
    /// </remarks>
    internal static ParseOutcome Decimal(ReadOnlySpan<byte> text, int scale, out bool negative, out UInt256 units)
    {
        units = default;
        if (!TryTakeSign(ref text, out negative))
            return ParseOutcome.Blank;
        var whole = Digits(text);
        var rest = text[whole.Length..];
        ReadOnlySpan<byte> fraction = default;
        if (rest is [(byte)'.', .. var behind])
        {
            fraction = Digits(behind);
            rest = behind[fraction.Length..];
        }
        long exponent = 0;
        if (whole.Length + fraction.Length == 0 || !TryScanExponent(rest, ref exponent))
            return ParseOutcome.Malformed;

        // So many of the digits count; a negative number of zeros is digits left over.
        var count = whole.Length + exponent + scale;
        var fits = TryAppend(ref units, First(whole, count)) & TryAppend(ref units, First(fraction, count - whole.Length));
        var isExact = !Rest(whole, count).ContainsAnyExcept((byte)'0') && !Rest(fraction, count - whole.Length).ContainsAnyExcept((byte)'0');
        if (fits && !units.IsZero)
            for (var zeros = count - whole.Length - fraction.Length; zeros > 0 && fits; zeros -= WordDigits)
                fits = units.TryMultiplyAdd(PowersOfTen[(int)Math.Min(zeros, WordDigits)], 0);
        return !fits ? ParseOutcome.OutOfRange : isExact ? ParseOutcome.Ok : ParseOutcome.PrecisionLoss;
    }

    static ReadOnlySpan<byte> Digits(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? text : text[..end];
    }

    static ReadOnlySpan<byte> First(ReadOnlySpan<byte> digits, long count) => digits[..(int)Math.Clamp(count, 0, digits.Length)];

    static ReadOnlySpan<byte> Rest(ReadOnlySpan<byte> digits, long count) => digits[(int)Math.Clamp(count, 0, digits.Length)..];

    static bool TryAppend(ref UInt256 number, ReadOnlySpan<byte> digits)
    {
        while (!digits.IsEmpty)
        {
            var count = Math.Min(digits.Length, WordDigits);
            ulong word = 0;
            foreach (var b in digits[..count])
                word = word * 10 + (uint)(b - '0');
            if (!number.TryMultiplyAdd(PowersOfTen[count], word))
                return false;
            digits = digits[count..];
        }
        return true;
    }
}
