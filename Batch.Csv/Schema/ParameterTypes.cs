using System.Globalization;
using Batch.Csv.Times;

namespace Batch.Csv.Schema;

/// <summary>ClickHouse's scalar types with arguments, put into ClickHouse's own spelling: <c>Decimal64(4)</c> is <c>Decimal(18, 4)</c>.</summary>
internal static class ParameterTypes
{
    const int MaxPrecision = 76, MaxFractionDigits = 9;

    /// <summary>ClickHouse calls a longer one suspicious and makes no table with it.</summary>
    const int MaxFixedBytes = 256;

    /// <summary>Null where it is none of these.</summary>
    /// <exception cref="SchemaException">It is one, but its arguments are not what it takes.</exception>
    public static Column? Resolve(string name, TypeExpression type, string path) => type.Name switch
    {
        "DateTime" when type.Arguments is [{ IsText: true } zone] => Timestamp(name, Zoned("DateTime", "", zone, path)) with { DateTimeText = true },
        "DateTime64" when type.Arguments is [] => Timestamp(name, "DateTime64(3)"),
        "DateTime64" when type.Arguments is [{ IsText: false } digits] => Timestamp(name, $"DateTime64({Number(digits, 0, MaxFractionDigits, path)})"),
        "DateTime64" when type.Arguments is [{ IsText: false } digits, { IsText: true } zone] =>
            Timestamp(name, Zoned("DateTime64", $"{Number(digits, 0, MaxFractionDigits, path)}, ", zone, path)),
        "Time64" when type.Arguments is [] => Time(name, 3),
        "Time64" when type.Arguments is [{ IsText: false } digits] => Time(name, Number(digits, 0, MaxFractionDigits, path)),
        "Decimal32" when type.Arguments is [{ IsText: false } scale] => Decimal(name, 9, Number(scale, 0, 9, path)),
        "Decimal64" when type.Arguments is [{ IsText: false } scale] => Decimal(name, 18, Number(scale, 0, 18, path)),
        "Decimal128" when type.Arguments is [{ IsText: false } scale] => Decimal(name, 38, Number(scale, 0, 38, path)),
        "Decimal256" when type.Arguments is [{ IsText: false } scale] => Decimal(name, MaxPrecision, Number(scale, 0, MaxPrecision, path)),
        "FixedString" when type.Arguments is [{ IsText: false } bytes] => new()
        {
            Name = name, Type = ColumnType.String, StorageType = $"FixedString({Number(bytes, 1, MaxFixedBytes, path)})",
        },
        _ when type.Name.ToUpperInvariant() is "DECIMAL" or "NUMERIC" && type.Arguments is [{ IsText: false } precision] =>
            Decimal(name, Number(precision, 1, MaxPrecision, path), 0),
        _ when type.Name.ToUpperInvariant() is "DECIMAL" or "NUMERIC" && type.Arguments is [{ IsText: false } precision, { IsText: false } scale] =>
            Decimal(name, Number(precision, 1, MaxPrecision, path), Number(scale, 0, Number(precision, 1, MaxPrecision, path), path)),
        _ => null,
    };

    static Column Decimal(string name, int precision, int scale) =>
        new() { Name = name, Type = ColumnType.Decimal, StorageType = $"Decimal({precision}, {scale})" };

    static Column Time(string name, int digits) => new() { Name = name, Type = ColumnType.Time, StorageType = $"Time64({digits})" };

    static Column Timestamp(string name, string storageType) => new() { Name = name, Type = ColumnType.Timestamp, StorageType = storageType };

    static string Zoned(string type, string digits, TypeExpression zone, string path)
    {
        // The same 32 bits; without a zone, what it has always been stored as.
        if (type == "DateTime" && zone.Name is ("UTC" or "Etc/UTC"))
            return type;
        if (!ZoneOffsets.IsKnown(zone.Name))
            throw SchemaFaults.Invalid(path,
                $"the time zone {SchemaFaults.Quote(zone.Name)} is not known. Write it as the IANA database has it, for example Europe/Berlin or UTC");
        return $"{type}({digits}'{zone.Name}')";
    }

    static int Number(TypeExpression argument, int low, int high, string path) =>
        argument.Arguments.Count == 0 && int.TryParse(argument.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number >= low && number <= high
            ? number
            : throw SchemaFaults.Invalid(path, $"{SchemaFaults.Quote(argument.Name)} stands where a whole number from {low} to {high} is wanted");
}
