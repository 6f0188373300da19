using System.Numerics;
using Batch.Csv.Schema;

namespace Batch.Csv.Validation.Parsing;

/// <summary>The numbers that an INTEGER or a DECIMAL holds: those of its width within its bounds.</summary>
static class IntegerRange
{
    /// <summary>Inclusive; high is below low where the bounds leave nothing.</summary>
    public static (BigInteger Low, BigInteger High) Of(Column column)
    {
        var (low, high) = IntegerWidth.Range(column.StorageType);
        if (column.Minimum is { } minimum)
            low = BigInteger.Max(low, new BigInteger(Math.Ceiling(minimum)));
        if (column.Maximum is { } maximum)
            high = BigInteger.Min(high, new BigInteger(Math.Floor(maximum)));
        return (low, high);
    }

    /// <summary>The same of a DECIMAL, in units of its last digit: 1.25 in a <c>Decimal(9, 2)</c> is 125.</summary>
    public static (BigInteger Low, BigInteger High) OfDecimal(Column column)
    {
        var (precision, scale) = StorageTypes.Decimal(column.StorageType);
        var high = BigInteger.Pow(10, precision) - 1;
        var low = -high;
        if (column.Minimum is { } minimum && DecimalText.Of(minimum) is { } least)
            low = BigInteger.Max(low, least.Units(scale, roundUp: true, out _));
        if (column.Maximum is { } maximum && DecimalText.Of(maximum) is { } most)
            high = BigInteger.Min(high, most.Units(scale, roundUp: false, out _));
        return (low, high);
    }
}
