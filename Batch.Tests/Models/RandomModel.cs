using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Batch.Csv.Schema;

namespace Batch.Tests.Models;

/// <summary>A model with names of every kind and all types, as a user may ask for it, and rows that fit it.</summary>
sealed class RandomModel
{
    /// <summary>Whether rows have NULLs where they may. ClickHouse writes them as an unquoted \N.</summary>
    public const bool HasNulls = true;

    static readonly string[] Names =
    [
        "event_id", "timestamp", "id", "Id", "ID", "a.b", "n", "n.a", "n.b", "n.a.b", "n.null", "n.size0", "m.x", "m.y", ".", ".a", "a.",
        "a..b", "a b.x", "a b.y",
        "`", "a`b", "\"", "\"quoted\"", "it's", "with space", "\\", "back\\slash", "a\\`b", "\\n", "a,b", "a;b", "a|b", "🙂", "👩‍👩‍👧 family",
        "日本語", "e\u0301", "é", "y\u200dx",
        "count()", "now()", "SELECT", "FROM", "*", "COLUMNS('a')", "null", "NULL", "nan", "1", "1.5", "-", "--", "/*", "{x}", "{x:UInt8}",
        "$1", "%s", "%2E", "?", "@", "~", "#",
        "_part", "_table", "_partition_id", "_database", "_sample_factor", "_part_offset", "_part_uuid", "_distance", "_null", "_type", "_version", "_sign",
        "primary", "txt", "checksums", "columns.txt", "../x", "a/b", "data_", "job", "row",
    ];

    static readonly double[] Doubles =
    [
        0, -0.0, 1, -1, 0.1, 1.5, double.Epsilon, -double.Epsilon, 2.2250738585072014E-308, 2.225073858507201E-308, double.MaxValue, double.MinValue,
        9007199254740992, 9007199254740993, 1e21, 1e22, 1e23, 123456789012345680, 5e-324, 1e-7, 0.000001, 4.35, 0.3,
    ];

    static readonly string[] Texts =
    [
        "x", " ", "  two  ", "\t", "a,b", "say \"hi\"", "\"", "\"\"", "line\nbreak", "a\r\nb", "\r", "\n", "\\N", "NULL", "null", "nan",
        "0", "true", "é", "🙂", "日本語", "\\", "\\n", "'", "`", "a;b|c\td",
        "\u0001", "\u007f", "\ufeff", "\u200b", "[1,2]", "1,2",
    ];

    readonly Random _random;
    readonly string _time;

    public RandomModel(int seed)
    {
        _random = new Random(seed);
        _time = Pick("DateTime", "TIMESTAMP", "date-time");
        var map = new JsonObject();
        // Of one column, a blank value is a blank line.
        for (var columns = _random.Next(2, 9); map.Count < columns;)
            map[Name()] = Type();
        Schema = map;
    }

    /// <summary>As it would be posted.</summary>
    public JsonObject Schema { get; }

    /// <summary>ClickHouse's setting with which it writes DateTime as this model reads it.</summary>
    public string DateTimeOutput => _time switch { "DateTime" => "simple", "TIMESTAMP" => "unix_timestamp", _ => "iso" };

    string Name() => _random.Next(12) switch
    {
        0 => Pick("x", "é", "🙂", ".") + Pick(Names),
        1 => new string('n', _random.Next(200, 256)),
        2 => string.Concat(Enumerable.Repeat("字", _random.Next(70, 86))),
        3 => string.Concat(Enumerable.Range(0, _random.Next(1, 12)).Select(_ => new Rune(_random.Next(0xA1, 0x2000)))
            .Where(rune => !Rune.IsControl(rune) && !Rune.IsWhiteSpace(rune)).Append(new Rune('z'))),
        _ => Pick(Names),
    };

    JsonNode Type()
    {
        var type = Pick("String", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64",
            "Bool", "LowCardinality(String)",
            "Enum8('a' = 1, 'say \"hi\"' = 2)", "Array(Float32)", "Array(Float64)", "VECTOR", _time,
            "Date", "Date32", "Time", "Time64(3)", "Decimal(9, 2)", "Decimal(18, 4)", "Decimal(38, 10)", "Decimal(76, 20)", "Int128", "UInt256",
            "UUID", "IPv4", "IPv6",
            "FixedString(3)", "LowCardinality(FixedString(3))", _time == "TIMESTAMP" ? "Date" : "DateTime64(3)",
            _time == "date-time" ? "DateTime64(6, 'Europe/Berlin')" : "UUID");
        var node = new JsonObject { ["type"] = type == "date-time" ? "TIMESTAMP" : type };
        if (type == "date-time")
            node["format"] = "date-time";
        if (type.StartsWith("Float", StringComparison.Ordinal) && _random.Next(2) == 0)
            node["allow_non_finite"] = true;
        if (_random.Next(2) == 0)
            node["nullable"] = true;
        return node;
    }

    public string Csv(ModelSchema schema, int rows)
    {
        var csv = new StringBuilder();
        for (var row = 0; row < rows; row++)
            csv.AppendJoin(',', schema.Columns.Select(Field)).Append('\n');
        return csv.ToString();
    }

    string Field(Column column)
    {
        // An optional text may be empty, too, which is not NULL; an optional list cannot be NULL, and is empty where it is blank.
        if (column.Optional && _random.Next(5) == 0)
            return column.Type == ColumnType.Vector ? "" : column.StorageType == "String" ? "\"\"" : HasNulls ? "" : Quoted(Value(column));
        return Quoted(Value(column));
    }

    string Quoted(string value) =>
        value.AsSpan().IndexOfAny(",\"\r\n") >= 0 || value == "\\N" || value != value.Trim() || _random.Next(8) == 0
            ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;

    string Value(Column column) => column.Type switch
    {
        ColumnType.Integer when column.StorageType.EndsWith("28", StringComparison.Ordinal) || column.StorageType.EndsWith("256", StringComparison.Ordinal) =>
            (column.StorageType[0] == 'U' ? "" : Pick("", "-")) + Digits(38),
        ColumnType.Integer => Integer(column.StorageType),
        ColumnType.Date => DateTime.UnixEpoch.AddDays(column.StorageType == "Date" ? _random.Next(65_536) : _random.Next(-25_567, 120_530))
            .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ColumnType.Time => string.Create(CultureInfo.InvariantCulture, $"{Pick("", "-")}{_random.Next(1000):000}:{_random.Next(60):00}:{_random.Next(60):00}")
            + (column.StorageType == "Time" ? "" : $".{Digits(3)}"),
        ColumnType.Decimal => Pick("", "-") + (column.StorageType switch
        {
            "Decimal(9, 2)" => $"{Digits(7)}.{Digits(2)}",
            "Decimal(18, 4)" => $"{Digits(14)}.{Digits(4)}",
            "Decimal(38, 10)" => $"{Digits(28)}.{Digits(10)}",
            _ => $"{Digits(56)}.{Digits(20)}",
        }),
        ColumnType.Uuid => new Guid(_random.Next(), (short)_random.Next(), (short)_random.Next(), [1, 2, 3, 4, 5, 6, 7, (byte)_random.Next(256)]).ToString(),
        ColumnType.Ip => column.StorageType == "IPv4" || _random.Next(3) == 0 ? $"{_random.Next(256)}.{_random.Next(256)}.0.255"
            : Pick("::", "::1", "2001:db8::ff00:42:8329", "1:2:3:4:5:6:7:8", $"fe80::{_random.Next(65_536):x}:1"),
        // A shorter one comes back filled up with NUL, which no file of text may hold.
        ColumnType.String when column.StorageType != "String" => Pick("abc", "é!", "日"),
        ColumnType.Category when column.StorageType.Contains("FixedString", StringComparison.Ordinal) => Pick("abc", "é!", "日"),
        ColumnType.Timestamp when column.StorageType.StartsWith("DateTime64", StringComparison.Ordinal) =>
            Moment().ToString(column.StorageType.Contains('\'') ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
        ColumnType.Float => column.AllowNonFinite && _random.Next(5) == 0 ? Pick("nan", "inf", "-inf") : Number(column.StorageType == "Float32"),
        ColumnType.Boolean => Pick("true", "false", "1", "0"),
        ColumnType.Timestamp when column.Iso8601 => Moment().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ColumnType.Timestamp when column.DateTimeText && _random.Next(2) == 0 => Moment().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        ColumnType.Timestamp => Moment().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        ColumnType.Category when column.AllowedValues.Count > 0 => Pick([.. column.AllowedValues]),
        ColumnType.Category => Pick("red", "it's \"blue\"", "grün", "\\N", " x "),
        ColumnType.Vector => $"[{string.Join(',', Enumerable.Range(0, _random.Next(5)).Select(_ => Number(column.StorageType == "Array(Float32)")))}]",
        _ => column.Name == "event_id" ? $"id {_random.Next()}" : _random.Next(2) == 0 ? Pick(Texts) : new string('x', _random.Next(1, 300)) + Pick(Texts),
    };

    string Digits(int most) => string.Concat(Enumerable.Range(0, most).Select(_ => _random.Next(10)));

    DateTimeOffset Moment() => DateTimeOffset.FromUnixTimeSeconds(_random.Next(4) switch { 0 => 0, 1 => uint.MaxValue, _ => _random.NextInt64(uint.MaxValue) });

    string Integer(string storage)
    {
        (Int128 low, Int128 high) = storage switch
        {
            "Int8" => ((Int128)sbyte.MinValue, (Int128)sbyte.MaxValue),
            "Int16" => (short.MinValue, short.MaxValue),
            "Int32" => (int.MinValue, int.MaxValue),
            "UInt8" => (0, byte.MaxValue),
            "UInt16" => (0, ushort.MaxValue),
            "UInt32" => (0, uint.MaxValue),
            "UInt64" => (0, ulong.MaxValue),
            _ => (long.MinValue, long.MaxValue),
        };
        return (_random.Next(4) switch { 0 => low, 1 => high, _ => low + (Int128)(_random.NextDouble() * (double)(high - low)) / 2 })
            .ToString(CultureInfo.InvariantCulture);
    }

    string Number(bool isNarrow)
    {
        while (true)
        {
            var value = _random.Next(3) == 0 ? Pick(Doubles) : BitConverter.Int64BitsToDouble(_random.NextInt64(long.MinValue, long.MaxValue));
            if (isNarrow)
            {
                var narrow = _random.Next(3) == 0 ? (float)value : BitConverter.Int32BitsToSingle((int)_random.NextInt64(int.MinValue, int.MaxValue));
                if (float.IsFinite(narrow))
                    return narrow.ToString("R", CultureInfo.InvariantCulture);
            }
            else if (double.IsFinite(value))
                return value.ToString("R", CultureInfo.InvariantCulture);
        }
    }

    T Pick<T>(params T[] from) => from[_random.Next(from.Length)];
}
