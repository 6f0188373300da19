using Batch.Csv.Schema;

namespace Batch.Csv.Validation.Parsing;

/// <summary>The whole numbers an INTEGER column holds: those of its width within its bounds.</summary>
static class IntegerRange
{
    /// <summary>Inclusive; high is below low where the bounds leave nothing.</summary>
    public static (Int128 Low, Int128 High) Of(Column column)
    {
        var (low, high) = OfWidth(column.StorageType);
        // A conversion from double saturates, so bounds far outside the width leave it as it is.
        if (column.Minimum is { } minimum)
            low = Int128.Max(low, (Int128)Math.Ceiling(minimum));
        if (column.Maximum is { } maximum)
            high = Int128.Min(high, (Int128)Math.Floor(maximum));
        return (low, high);
    }

    static (Int128 Low, Int128 High) OfWidth(string storageType) => storageType switch
    {
        "Int8" => (sbyte.MinValue, sbyte.MaxValue),
        "Int16" => (short.MinValue, short.MaxValue),
        "Int32" => (int.MinValue, int.MaxValue),
        "Int64" => (long.MinValue, long.MaxValue),
        "UInt8" => (byte.MinValue, byte.MaxValue),
        "UInt16" => (ushort.MinValue, ushort.MaxValue),
        "UInt32" => (uint.MinValue, uint.MaxValue),
        "UInt64" => (ulong.MinValue, ulong.MaxValue),
        _ => throw new NotSupportedException($"INTEGER cannot be stored as {storageType}."),
    };
}
