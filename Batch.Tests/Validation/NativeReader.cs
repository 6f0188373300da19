using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Batch.Csv.Validation.Native;

namespace Batch.Tests.Validation;

/// <summary>Reads a block in ClickHouse's Native format by the book: every value as text, NULL as null.</summary>
sealed class NativeReader
{
    readonly byte[] _bytes;
    int _at;

    NativeReader(byte[] bytes) => _bytes = bytes;

    public sealed record Column(string Name, string Type, IReadOnlyList<string?> Values);

    public static IReadOnlyList<Column> Read(NativeBlock block)
    {
        var columns = Read(block.Bytes.ToArray());
        if (columns[0].Values.Count != block.Rows)
            throw new InvalidDataException($"{columns[0].Values.Count} rows, not {block.Rows}.");
        if (!columns.Select(column => column.Name).SequenceEqual(block.Columns))
            throw new InvalidDataException("The names in the block are not those it was announced with.");
        return columns;
    }

    /// <summary>A whole answer in FORMAT Native: the rows of its blocks, one after the other.</summary>
    public static IReadOnlyList<Column> Read(byte[] bytes)
    {
        var reader = new NativeReader(bytes);
        var result = new List<Column>();
        while (reader._at < bytes.Length)
        {
            var (columns, rows) = ((int)reader.Varint(), (int)reader.Varint());
            for (var i = 0; i < columns; i++)
            {
                var (name, type) = (reader.Text(), reader.Text());
                var values = reader.Values(type, rows);
                if (result.Count == i)
                    result.Add(new Column(name, type, values));
                else
                    result[i] = result[i] with { Values = [.. result[i].Values, .. values] };
            }
        }

        return result;
    }

    List<string?> Values(string type, int rows)
    {
        if (type.StartsWith("LowCardinality(", StringComparison.Ordinal))
            return LowCardinality(type, rows);
        if (Inner(type, "Nullable") is { } nullable)
        {
            var nulls = Take(rows).ToArray();
            return [.. Values(nullable, rows).Select((value, row) => nulls[row] == 0 ? value : null)];
        }

        if (Inner(type, "Array") is { } element)
        {
            var ends = Enumerable.Range(0, rows).Select(_ => (int)Number()).ToArray();
            var elements = Values(element, rows == 0 ? 0 : ends[^1]);
            return [.. ends.Select((end, row) => $"[{string.Join(',', elements[(row == 0 ? 0 : ends[row - 1])..end])}]")];
        }

        var values = new List<string?>(rows);
        for (var row = 0; row < rows; row++)
            values.Add(Value(type));
        return values;
    }

    string Value(string type) => type switch
    {
        "String" => Text(),
        "Int128" or "Int256" => Say(new BigInteger(Take(type == "Int128" ? 16 : 32))),
        "UInt128" or "UInt256" => Say(new BigInteger(Take(type == "UInt128" ? 16 : 32), isUnsigned: true)),
        "Date" => Say(BinaryPrimitives.ReadUInt16LittleEndian(Take(2))),
        "Date32" or "Time" => Say(BinaryPrimitives.ReadInt32LittleEndian(Take(4))),
        "IPv4" => Say(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))),
        "UUID" or "IPv6" => Convert.ToHexStringLower(Take(16)),
        "Bool" or "UInt8" => Say(Take(1)[0]),
        "Int8" => Say((sbyte)Take(1)[0]),
        "UInt16" => Say(BinaryPrimitives.ReadUInt16LittleEndian(Take(2))),
        "Int16" => Say(BinaryPrimitives.ReadInt16LittleEndian(Take(2))),
        "UInt32" or "DateTime" => Say(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))),
        "Int32" => Say(BinaryPrimitives.ReadInt32LittleEndian(Take(4))),
        "UInt64" => Say(BinaryPrimitives.ReadUInt64LittleEndian(Take(8))),
        "Int64" => Say(BinaryPrimitives.ReadInt64LittleEndian(Take(8))),
        "Float32" => Say(BinaryPrimitives.ReadSingleLittleEndian(Take(4))),
        "Float64" => Say(BinaryPrimitives.ReadDoubleLittleEndian(Take(8))),
        _ when Inner(type, "FixedString") is { } bytes => Encoding.UTF8.GetString(Take(int.Parse(bytes, CultureInfo.InvariantCulture))),
        _ when Inner(type, "DateTime64") is not null || Inner(type, "Time64") is not null => Say(BinaryPrimitives.ReadInt64LittleEndian(Take(8))),
        _ when Inner(type, "DateTime") is not null => Say(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))),
        _ when Inner(type, "Decimal") is { } digits => Say(new BigInteger(Take(DecimalBytes(int.Parse(digits.Split(',')[0], CultureInfo.InvariantCulture))))),
        _ => throw new InvalidDataException($"Unknown type {type}."),
    };

    static int DecimalBytes(int precision) => precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;

    List<string?> LowCardinality(string type, int rows)
    {
        var nullable = type.Contains("Nullable", StringComparison.Ordinal);
        var key = type["LowCardinality(".Length..^1] is var inner && nullable ? inner["Nullable(".Length..^1] : inner;
        if (Number() != 1)
            throw new InvalidDataException("Unknown version of LowCardinality.");
        var flags = Number();
        if (rows == 0)
            return [];
        if ((flags & 1 << 9) == 0)
            throw new InvalidDataException("No dictionary follows.");
        var keys = Enumerable.Range(0, (int)Number()).Select(_ => Value(key)).ToArray();
        if (Number() != (ulong)rows)
            throw new InvalidDataException("Wrong number of indexes.");
        var values = new List<string?>(rows);
        for (var row = 0; row < rows; row++)
        {
            var index = (flags & 3) switch
            {
                0 => Take(1)[0],
                1 => BinaryPrimitives.ReadUInt16LittleEndian(Take(2)),
                _ => (int)BinaryPrimitives.ReadUInt32LittleEndian(Take(4)),
            };
            values.Add(nullable && index == 0 ? null : keys[index]);
        }

        return values;
    }

    /// <summary>Without the zone of a DateTime, which ClickHouse leaves out of what it writes, but not where it is Nullable.</summary>
    public static string Unzoned(string type) => Regex.Replace(type, @"^DateTime\('[^']*'\)$", "DateTime");

    static string Say<T>(T value) where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    static string? Inner(string type, string outer) =>
        type.StartsWith(outer + "(", StringComparison.Ordinal) ? type[(outer.Length + 1)..^1] : null;

    string Text() => Encoding.UTF8.GetString(Take((int)Varint()));

    ulong Number() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }

    ReadOnlySpan<byte> Take(int count)
    {
        _at += count;
        return _bytes.AsSpan(_at - count, count);
    }
}
