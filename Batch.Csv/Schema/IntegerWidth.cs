using System.Numerics;

namespace Batch.Csv.Schema;

/// <summary>The twelve widths of INTEGER and what fits in them.</summary>
internal static class IntegerWidth
{
    public static readonly IReadOnlyList<string> Names =
    [
        "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Int128", "Int256", "UInt128", "UInt256",
    ];

    public static bool Is(string storageType) => Names.Contains(storageType);

    public static (BigInteger Minimum, BigInteger Maximum) Range(string storageType)
    {
        var unsigned = storageType[0] == 'U';
        var bits = int.Parse(storageType.AsSpan(unsigned ? 4 : 3), System.Globalization.CultureInfo.InvariantCulture);
        return unsigned
            ? (BigInteger.Zero, BigInteger.Pow(2, bits) - 1)
            : (-BigInteger.Pow(2, bits - 1), BigInteger.Pow(2, bits - 1) - 1);
    }

    /// <summary>Every value of <paramref name="narrow"/> is also one of <paramref name="wide"/>.</summary>
    public static bool Fits(string narrow, string wide)
    {
        var (low, high) = Range(narrow);
        var (min, max) = Range(wide);
        return low >= min && high <= max;
    }
}
