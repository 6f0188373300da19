using System.Globalization;
using Batch.Csv.Validation.Parsing;

namespace Batch.Csv.Inference;

/// <summary>Whether a number that was written down stays what it was when it is kept as a number.</summary>
static class NumberText
{
    /// <summary>Shorter than any phone number, longer than most numbers with a sign.</summary>
    const int PhoneDigits = 7;

    /// <summary>A double gives every decimal of so many digits back.</summary>
    const int SafeDigits = 15;

    /// <summary>No double needs more to be told from its neighbours.</summary>
    const int MostDigits = 17;

    /// <summary>Why a number would not come back as the text it was; null where it would, or where nobody minds.</summary>
    public static string? ChangesAsNumber(ReadOnlySpan<byte> text)
    {
        text = FieldParsers.Trim(text);
        var digits = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if (digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit((char)digits[1]))
            return "its leading zero would be lost";
        return text[0] == '+' && digits.Length >= PhoneDigits && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            ? "looks like a phone number, whose plus would be lost"
            : null;
    }

    /// <summary>The same for a number that a double is to hold.</summary>
    /// <param name="value">What <paramref name="text"/> is read as.</param>
    public static string? ChangesAsFloat(ReadOnlySpan<byte> text, double value)
    {
        if (ChangesAsNumber(text) is { } reason)
            return reason;
        text = FieldParsers.Trim(text);
        var exponent = text.IndexOfAny((byte)'e', (byte)'E');
        // Programs that write measurements give the exponent a sign or the number a point: 1e-05, 1.5e3. An article number has neither: 12E4.
        if (exponent >= 0 && char.IsAsciiDigit((char)text[exponent + 1]) && !text.Contains((byte)'.'))
            return "looks like a code, not like a measurement: its exponent has no sign and it has no decimal point";
        return exponent < 0 && text.Length <= SafeDigits || KeepsDigits(text, value) ? null : "a FLOAT would not preserve all its digits";
    }

    static bool KeepsDigits(ReadOnlySpan<byte> text, double value)
    {
        Span<byte> back = stackalloc byte[32];
        value.TryFormat(back, out var length, "R", CultureInfo.InvariantCulture);
        Span<byte> written = stackalloc byte[MostDigits], kept = stackalloc byte[MostDigits];
        return TrySignificant(text, written, out var count, out var exponent)
            && TrySignificant(back[..length], kept, out var keptCount, out var keptExponent)
            && (count == 0 || exponent == keptExponent) && written[..count].SequenceEqual(kept[..keptCount]);
    }

    /// <summary>The digits of a number from the first to the last that is not 0, such that the number is 0.digits × 10^exponent.</summary>
    /// <returns>False where there are more than <see cref="MostDigits"/>.</returns>
    static bool TrySignificant(ReadOnlySpan<byte> text, Span<byte> digits, out int count, out long exponent)
    {
        count = 0;
        exponent = 0;
        var (zeros, isFraction) = (0, false);
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (c is (byte)'e' or (byte)'E')
            {
                exponent += Exponent(text[(at + 1)..]);
                break;
            }
            isFraction |= c == '.';
            if (!char.IsAsciiDigit((char)c))
                continue;
            if (count + zeros == 0 && c == '0')
            {
                exponent -= isFraction ? 1 : 0;
                continue;
            }
            exponent += isFraction ? 0 : 1;
            if (c == '0')
            {
                zeros++;
                continue;
            }
            if (count + zeros >= MostDigits)
                return false;
            digits.Slice(count, zeros).Fill((byte)'0');
            count += zeros;
            digits[count++] = c;
            zeros = 0;
        }
        return true;
    }

    static long Exponent(ReadOnlySpan<byte> text)
    {
        var isNegative = text[0] == '-';
        long value = 0;
        foreach (var c in text.TrimStart("+-"u8))
            value = Math.Min(1_000_000_000, value * 10 + c - '0');
        return isNegative ? -value : value;
    }
}
