using System.Numerics;

namespace Batch.Csv.Validation.Parsing;

/// <summary>Numbers between two bounds, told by sign and magnitude.</summary>
sealed class MagnitudeRange
{
    readonly bool _hasPositive, _hasNegative;
    readonly UInt256 _positiveLow, _positiveHigh, _negativeLow, _negativeHigh;

    public MagnitudeRange((BigInteger Low, BigInteger High) range)
    {
        var (low, high) = range;
        _hasPositive = high.Sign >= 0 && low <= high;
        _hasNegative = low.Sign < 0 && low <= high;
        (_positiveLow, _positiveHigh) = (UInt256.From(BigInteger.Max(low, 0)), UInt256.From(BigInteger.Max(high, 0)));
        (_negativeLow, _negativeHigh) = (UInt256.From(BigInteger.Max(-high, 0)), UInt256.From(BigInteger.Max(-low, 0)));
    }

    public bool Contains(bool negative, in UInt256 magnitude) => negative && !magnitude.IsZero
        ? _hasNegative && !magnitude.IsAbove(_negativeHigh) && !_negativeLow.IsAbove(magnitude)
        : _hasPositive && !magnitude.IsAbove(_positiveHigh) && !_positiveLow.IsAbove(magnitude);

    /// <summary>The number as it lies in a block, where it was read well and is within the bounds.</summary>
    public ParseOutcome Take<T>(ParseOutcome read, bool negative, UInt256 magnitude, out T value) where T : unmanaged
    {
        value = default;
        // Too large is too large however many digits are behind the point.
        if (read is ParseOutcome.Ok or ParseOutcome.PrecisionLoss && !Contains(negative, magnitude))
            return ParseOutcome.OutOfRange;
        if (read != ParseOutcome.Ok)
            return read;
        if (negative)
            magnitude.Negate();
        value = magnitude.Truncate<T>();
        return ParseOutcome.Ok;
    }
}
