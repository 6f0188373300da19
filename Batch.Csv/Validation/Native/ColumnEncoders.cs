using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;

namespace Batch.Csv.Validation.Native;

/// <summary>Chooses the encoder of a column.</summary>
static class ColumnEncoders
{
    public static ColumnEncoder Create(Column column, int field, int batchRows, PagePool pool)
    {
        return column.Type switch
        {
            ColumnType.String when column.StorageType != "String" => new FixedStringEncoder(column, field, batchRows, pool),
            ColumnType.String => new StringEncoder(column, field, batchRows, pool),
            ColumnType.Category => new CategoryEncoder(column, field, batchRows, pool),
            ColumnType.Boolean => Fixed<byte, BooleanParser>(default),
            ColumnType.Timestamp when column.StorageType.StartsWith("DateTime64", StringComparison.Ordinal) => Fixed<long, DateTime64Parser>(new(column)),
            ColumnType.Timestamp when column.Iso8601 => Fixed<uint, Iso8601Parser>(default),
            ColumnType.Timestamp when column.DateTimeText || column.DateFormat is not null => Fixed<uint, DateTimeParser>(new(column)),
            ColumnType.Timestamp => Fixed<uint, UnixSecondsParser>(default),
            ColumnType.Float when column.StorageType == "Float32" => Fixed<float, Float32Parser>(new(column)),
            ColumnType.Float => Fixed<double, Float64Parser>(new(column)),
            ColumnType.Vector when column.StorageType == "Array(Float32)" =>
                new VectorEncoder<float, Float32Parser>(column, field, batchRows, new(column), pool),
            ColumnType.Vector => new VectorEncoder<double, Float64Parser>(column, field, batchRows, new(column), pool),
            ColumnType.Integer => Integer(),
            ColumnType.Date when column.StorageType == "Date" => Fixed<ushort, DateParser<ushort>>(new(column)),
            ColumnType.Date => Fixed<int, DateParser<int>>(new(column)),
            ColumnType.Time when column.StorageType == "Time" => Fixed<int, TimeParser<int>>(new(column)),
            ColumnType.Time => Fixed<long, TimeParser<long>>(new(column)),
            ColumnType.Decimal => Decimal(StorageTypes.Decimal(column.StorageType).Precision),
            ColumnType.Uuid => Fixed<UInt128, UuidParser>(default),
            ColumnType.Ip when column.StorageType == "IPv4" => Fixed<uint, Ipv4Parser>(default),
            ColumnType.Ip => Fixed<UInt128, Ipv6Parser>(default),
            _ => throw new NotSupportedException($"There is no encoder for {column.Type}."),
        };

        ColumnEncoder Fixed<T, TParser>(TParser parser) where T : unmanaged where TParser : struct, IValueParser<T> =>
            new FixedWidthEncoder<T, TParser>(column, field, batchRows, parser, pool);

        ColumnEncoder Decimal(int precision) => precision switch
        {
            <= 9 => Fixed<int, DecimalParser<int>>(new(column)),
            <= 18 => Fixed<long, DecimalParser<long>>(new(column)),
            <= 38 => Fixed<UInt128, DecimalParser<UInt128>>(new(column)),
            _ => Fixed<UInt256, DecimalParser<UInt256>>(new(column)),
        };

        ColumnEncoder Integer() => column.StorageType switch
        {
            "Int8" => Fixed<sbyte, IntegerParser<sbyte>>(new(column)),
            "Int16" => Fixed<short, IntegerParser<short>>(new(column)),
            "Int32" => Fixed<int, IntegerParser<int>>(new(column)),
            "Int64" => Fixed<long, IntegerParser<long>>(new(column)),
            "UInt8" => Fixed<byte, IntegerParser<byte>>(new(column)),
            "UInt16" => Fixed<ushort, IntegerParser<ushort>>(new(column)),
            "UInt32" => Fixed<uint, IntegerParser<uint>>(new(column)),
            "UInt64" => Fixed<ulong, UnsignedParser>(new(column)),
            "Int128" or "UInt128" => Fixed<UInt128, WideIntegerParser<UInt128>>(new(column)),
            "Int256" or "UInt256" => Fixed<UInt256, WideIntegerParser<UInt256>>(new(column)),
            _ => throw new NotSupportedException($"INTEGER cannot be stored as {column.StorageType}."),
        };
    }
}
