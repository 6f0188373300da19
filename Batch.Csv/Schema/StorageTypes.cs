using System.Globalization;

namespace Batch.Csv.Schema;

/// <summary>Reads the arguments of a column's storage type, so that they are not kept a second time.</summary>
static class StorageTypes
{
    /// <summary>Digits of a fraction of a second: 3 for <c>DateTime64(3, 'Europe/Berlin')</c>, 0 for <c>DateTime</c>.</summary>
    public static int FractionDigits(string storageType) =>
        Read(storageType).Arguments is [{ IsText: false } digits, ..] ? Number(digits) : 0;

    /// <summary>The time zone; null where none is given, which is UTC.</summary>
    public static string? Zone(string storageType) => Read(storageType).Arguments is [.., { IsText: true } zone] ? zone.Name : null;

    /// <summary><c>Decimal(18, 4)</c>: 18 digits in all, 4 of them after the point.</summary>
    public static (int Precision, int Scale) Decimal(string storageType) =>
        Read(storageType).Arguments is [var precision, var scale] ? (Number(precision), Number(scale))
            : throw new NotSupportedException($"DECIMAL cannot be stored as {storageType}.");

    /// <summary>Bytes of <c>FixedString(16)</c>, also as a LowCardinality; null for a String.</summary>
    public static int? FixedBytes(string storageType)
    {
        var type = Read(storageType);
        if (type is { Name: "LowCardinality", Arguments: [var inner] })
            type = inner;
        return type is { Name: "FixedString", Arguments: [var bytes] } ? Number(bytes) : null;
    }

    static TypeExpression Read(string storageType) =>
        TypeExpression.Read(storageType, out var fault) ?? throw new NotSupportedException($"No column can be stored as {storageType}: {fault}.");

    static int Number(TypeExpression argument) => int.Parse(argument.Name, CultureInfo.InvariantCulture);
}
