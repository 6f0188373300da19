using System.Numerics;

namespace Batch.Csv.Validation.Parsing;

// The idea (Lemire, "Number Parsing at a Gigabyte per Second", 2021): digits × 10^exponent is taken as a 64-bit number times the
// upper 128 bits of the power of ten. The product's upper 54 bits are the double's mantissa and its rounding bit, unless the
// bits below them are all ones (the part of the power that was cut off could carry) or all zeros (a tie): then this says no.
// The invariant: the table holds powers rounded down, so the product is never too large.
static class EiselLemire
{
    const int MinExponent = -342, MaxExponent = 308;

    static readonly (ulong High, ulong Low)[] Powers = MakePowers();

    /// <summary>The double nearest to <paramref name="digits"/> × 10^<paramref name="exponent"/>; false where this method cannot tell.</summary>
    public static bool TryToDouble(ulong digits, int exponent, out double value)
    {
        value = 0;
        if (digits == 0)
            return true;
        if (exponent is < MinExponent or > MaxExponent)
            return false;

        var shift = BitOperations.LeadingZeroCount(digits);
        digits <<= shift;
        var binaryExponent = (ulong)((217706 * exponent >> 16) + 64 + 1023 - shift); // 217706 / 2^16 is log2(10)
        var power = Powers[exponent - MinExponent];
        var high = Math.BigMul(digits, power.High, out ulong low);
        if ((high & 0x1FF) == 0x1FF && low + digits < digits)
        {
            var nextHigh = Math.BigMul(digits, power.Low, out ulong nextLow);
            var sum = low + nextHigh;
            if (sum < low)
                high++;
            if ((high & 0x1FF) == 0x1FF && sum == ulong.MaxValue && nextLow + digits < digits)
                return false;
            low = sum;
        }

        var top = (int)(high >> 63);
        var mantissa = high >> (top + 9);
        binaryExponent -= (ulong)(1 ^ top);
        if (low == 0 && (high & 0x1FF) == 0 && (mantissa & 3) == 1)
            return false;

        mantissa = (mantissa + (mantissa & 1)) >> 1;
        if (mantissa >> 53 != 0)
        {
            mantissa >>= 1;
            binaryExponent++;
        }

        if (binaryExponent - 1 >= 0x7FF - 1) // subnormal or infinite
            return false;
        value = BitConverter.UInt64BitsToDouble((binaryExponent << 52) | (mantissa & ((1UL << 52) - 1)));
        return true;
    }

    /// <summary>The upper 128 bits of every power of ten that a double can need.</summary>
    static (ulong High, ulong Low)[] MakePowers()
    {
        var powers = new (ulong, ulong)[MaxExponent - MinExponent + 1];
        for (var exponent = MinExponent; exponent <= MaxExponent; exponent++)
        {
            var ten = BigInteger.Pow(10, Math.Abs(exponent));
            var bits = (int)ten.GetBitLength();
            var top = exponent < 0 ? (BigInteger.One << (bits + 127)) / ten
                : bits <= 128 ? ten << (128 - bits)
                : ten >> (bits - 128);
            powers[exponent - MinExponent] = ((ulong)(top >> 64), (ulong)(top & ulong.MaxValue));
        }

        return powers;
    }
}
