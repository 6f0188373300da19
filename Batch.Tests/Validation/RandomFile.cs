using System.Globalization;
using System.Text;
using Batch.Csv.Schema;

namespace Batch.Tests.Validation;

/// <summary>A random model and a random file for it, good and bad rows mixed, from a seed.</summary>
sealed class RandomFile
{
    static readonly string[] Words =
    [
        "a", "US", "maybe", "say \"hi\"", "two\nlines", "comma,comma", "Grüße", "日本語", "  spaced  ", " ", "\"", "true", "NaN", "null", "line\r\nbreak",
        "exactly-thirty-two-bytes-of-text", "a text that is longer than thirty-two bytes of text", "nul\0", "🙂", "\\N", "\\N",
    ];

    static readonly string[] Numbers =
    [
        "0", "1", "-1", "+7", "007", "42", " 42 ", "127", "128", "-128", "-129", "255", "256", "65535", "65536", "-32768", "2147483647", "2147483648",
        "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616",
        "99999999999999999999999999", "3.14", ".5", "5.", "1e5", "-2.5E-3", "1e39", "1e400", "-0", "0.1", "16777217", "12.5", "1234567890.123456789",
        "0x1F", "1_000", "1.2.3", "--1", "Infinity", "-inf", "nan",
    ];

    static readonly string[] Times =
    [
        "0", "1716045542", "4294967295", "4294967296", "-1", "yesterday", "2023-01-01", "2024-05-18T15:19:02Z", "2024-05-18 15:19:02.5+02:00",
        "2024-05-18 15:19:02", "2024-05-18 15:19:02.000", "2024-05-18T15:19:02.5", "2024-05-18T15:19:02.000+02",
        "2024-05-18 15:19:02.123456789", "2024-03-31 02:30:00", "2024-10-27 02:30:00", "2024-05-18 15:19:02 UTC", "1899-12-31 23:59:59", "2300-01-01 00:00:00",
        "2024-02-29", "2023-02-29", "18.05.2024", "2149-06-07", "1899-12-31", "12:34:56", "-999:59:59.999", "1000:00:00", "12:34", "01:02:03.4567",
        "00112233-4455-6677-8899-AABBCCDDEEFF", "00112233445566778899aabbccddeeff", "{00112233-4455-6677-8899-aabbccddeeff}",
        "1.2.3.4", "1.2.3.256", "01.2.3.4", "::1", "::ffff:1.2.3.4", "2001:db8::1::2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
        "1969-12-31T23:59:59Z", "2106-02-07T06:28:16Z", "2024-02-30T00:00:00Z", "1716045542.0", " 1716045542",
    ];

    static readonly string[] Lists =
    [
        "[]", "[ ]", "[1]", "[1, 2.5, -3e2]", "[1,2,3]", "[1, \"a\", 3]", "[1,,3]", "[1,2", "1,2", "[1e400]", "[1e39,x]", "[[1]]",
        " [4,5,6] ", "[1,\n2,\r\n 3]\n"
    ];

    readonly Random _random;
    readonly StringBuilder _text = new();

    /// <param name="like">A file of the same model with the same columns; null: a model of its own.</param>
    public RandomFile(int seed, int rows, RandomFile? like = null)
    {
        _random = new Random(seed);
        Good = _random.Next(4) switch { 0 => 0.0, 1 => 1.0, 2 => 0.5, _ => 0.97 };
        Schema = like?.Schema ?? RandomSchema();
        Mapping = like?.Mapping ?? RandomMapping();
        PadsShortRows = like?.PadsShortRows ?? _random.Next(3) == 0;
        for (var row = 0; row < rows; row++)
            AddRow();
        Bytes = Encoding.UTF8.GetBytes(_text.ToString());
    }

    /// <summary>How likely a value is meant to be good.</summary>
    public double Good { get; }

    public ModelSchema Schema { get; }

    public int[] Mapping { get; }

    public bool PadsShortRows { get; }

    /// <summary>Null for a row whose quotes are wrong.</summary>
    public List<IReadOnlyList<ReferenceField>?> Rows { get; } = [];

    public List<int> Lines { get; } = [];

    public byte[] Bytes { get; }

    int _line;

    ModelSchema RandomSchema()
    {
        var columns = new List<Column>();
        for (var i = _random.Next(1, 9); i >= 0; i--)
        {
            var type = Pick(Enum.GetValues<ColumnType>());
            var storage = type switch
            {
                ColumnType.Integer =>
                    Pick(["Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Int128", "UInt128", "Int256", "UInt256"]),
                ColumnType.Float => Pick(["Float32", "Float64"]),
                ColumnType.Boolean => "Bool",
                ColumnType.Timestamp => Pick(
                    ["DateTime", "DateTime", "UInt32", "DateTime('Europe/Berlin')", "DateTime64(3)", "DateTime64(9)", "DateTime64(0, 'America/New_York')"]),
                ColumnType.Date => Pick(["Date", "Date32"]),
                ColumnType.Time => Pick(["Time", "Time64(3)"]),
                ColumnType.Decimal => Pick(["Decimal(9, 2)", "Decimal(18, 4)", "Decimal(38, 0)", "Decimal(76, 10)"]),
                ColumnType.Uuid => "UUID",
                ColumnType.Ip => Pick(["IPv4", "IPv6"]),
                ColumnType.String when i > 0 => Pick(["String", "String", "FixedString(12)"]),
                ColumnType.Category => Pick(["LowCardinality(String)", "LowCardinality(String)", "LowCardinality(FixedString(9))"]),
                ColumnType.Vector => Pick(["Array(Float32)", "Array(Float64)"]),
                _ => "String",
            };
            columns.Add(new Column
            {
                Name = (i, type) switch { (0, _) => "event_id", (1, ColumnType.Timestamp) => "timestamp", _ => $"c{i}" },
                Type = type,
                StorageType = storage,
                Optional = _random.Next(2) == 0,
                Iso8601 = type == ColumnType.Timestamp && _random.Next(3) == 0,
                DateTimeText = storage.StartsWith("DateTime(", StringComparison.Ordinal) || (storage == "DateTime" && _random.Next(2) == 0),
                DateFormat = type == ColumnType.Date && _random.Next(3) == 0 ? "%d.%m.%Y" : null,
                AllowNonFinite = type == ColumnType.Float && _random.Next(3) == 0,
                AllowedValues = type == ColumnType.Category && _random.Next(2) == 0 ? ["US", "a", "say \"hi\"", "日本語", "CA"] : [],
                Minimum = type is ColumnType.Integer or ColumnType.Float or ColumnType.Decimal && _random.Next(4) == 0 ? -5 : null,
                Maximum = type is ColumnType.Integer or ColumnType.Float or ColumnType.Decimal && _random.Next(4) == 0 ? 100.5 : null,
                Length = type == ColumnType.Vector && _random.Next(2) == 0 ? 3 : null,
            });
        }

        return new ModelSchema { Columns = columns, OrderBy = ["_row"], IgnoreExtraColumns = _random.Next(5) == 0 };
    }

    int[] RandomMapping()
    {
        var mapping = Enumerable.Range(0, Schema.Columns.Count)
            .Where(i => !Schema.Columns[i].Optional || _random.Next(10) > 0).Append(-1).Where(i => i >= 0 || _random.Next(3) == 0).ToArray();
        _random.Shuffle(mapping);
        return mapping.Length == 0 ? [0] : mapping;
    }

    void AddRow()
    {
        Lines.Add(_line);
        if (_random.NextDouble() * 0.05 > Good)
        {
            Rows.Add(null);
            Write("\"wrong\"quotes,1\n");
            return;
        }

        var count = _random.NextDouble() > Good && _random.Next(3) == 0 ? _random.Next(1, Mapping.Length + 3) : Mapping.Length;
        var fields = new List<ReferenceField>();
        for (var i = 0; i < count; i++)
            fields.Add(RandomField(i < Mapping.Length && Mapping[i] >= 0 ? Schema.Columns[Mapping[i]] : null));
        if (Mapping.Length > 1 && fields is [{ Value: "", Quoted: false }])
            fields[0] = new ReferenceField("", true); // a line of nothing is no row
        Rows.Add(fields);
        Write(string.Join(',', fields.Select(Written)));
        Write(Pick(["\n", "\n", "\r\n"]));
        if (Mapping.Length > 1 && _random.Next(20) == 0)
            Write("\n");
    }

    string Written(ReferenceField field) => !field.Quoted ? field.Value
        : $"{Padding()}\"{field.Value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"{Padding()}";

    string Padding() => _random.Next(12) == 0 ? Pick([" ", "\t", "  "]) : "";

    void Write(string text)
    {
        _text.Append(text);
        _line += text.Count(c => c == '\n');
    }

    ReferenceField RandomField(Column? column)
    {
        var value = column is not null && _random.NextDouble() < Good ? GoodValue(column)
            : _random.Next(6) switch
            {
                0 => "",
                1 => Pick(Words),
                2 => Pick(Numbers),
                3 => Pick(Times),
                4 => Pick(Lists),
                _ => column is null
                ? "x"
                : GoodValue(column)
            };
        return new ReferenceField(value, value.AsSpan().IndexOfAny(",\"\r\n") >= 0 || _random.Next(8) == 0);
    }

    string GoodValue(Column column) => column.Type switch
    {
        ColumnType.Integer => _random.Next(0, 100).ToString(CultureInfo.InvariantCulture),
        ColumnType.Float => Math.Round(_random.NextDouble() * 100, _random.Next(1, 15)).ToString(CultureInfo.InvariantCulture),
        ColumnType.Boolean => Pick(["true", "FALSE", "1", "0"]),
        ColumnType.Timestamp when column.Iso8601 => DateTimeOffset.FromUnixTimeSeconds(_random.Next()).ToString(
            Pick(["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.000zzz", "yyyy-MM-dd HH:mm:sszz"]),
            CultureInfo.InvariantCulture),
        ColumnType.Timestamp when column.DateTimeText && _random.Next(2) == 0 =>
            DateTimeOffset.FromUnixTimeSeconds(_random.Next()).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        ColumnType.Timestamp when column.StorageType.Contains("DateTime64", StringComparison.Ordinal) || column.StorageType.Contains('\'') =>
            DateTimeOffset.FromUnixTimeSeconds(_random.Next())
                .ToString(Pick(["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:sszzz"]), CultureInfo.InvariantCulture),
        ColumnType.Date => DateTime.UnixEpoch.AddDays(_random.Next(65_000))
            .ToString(column.DateFormat is null ? "yyyy-MM-dd" : "dd.MM.yyyy", CultureInfo.InvariantCulture),
        ColumnType.Time => string.Create(CultureInfo.InvariantCulture, $"{_random.Next(-999, 1000):00}:{_random.Next(60):00}:{_random.Next(60):00}"),
        ColumnType.Decimal => Math.Round(_random.NextDouble() * 100, _random.Next(3)).ToString(CultureInfo.InvariantCulture),
        ColumnType.Uuid => new Guid(_random.Next(), 2, 3, [1, 2, 3, 4, 5, 6, 7, (byte)_random.Next(256)]).ToString(Pick(["D", "N"])),
        ColumnType.Ip => column.StorageType == "IPv4"
            ? Pick(["192.0.2.1", "0.0.0.0", "255.255.255.255"])
            : Pick(["192.0.2.1", "2001:db8::1", "::", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"]),
        ColumnType.String when column.StorageType != "String" => Pick(["abc", "é", "twelve bytes", "日本語"]),
        ColumnType.Timestamp => _random.Next().ToString(CultureInfo.InvariantCulture),
        ColumnType.Category => Pick(["US", "CA", "say \"hi\""]),
        ColumnType.Vector => $"[{_random.Next(100)},{_random.Next(100)}.25,{_random.Next(100)}]",
        _ => "id-" + _random.Next().ToString(CultureInfo.InvariantCulture),
    };

    T Pick<T>(T[] from) => from[_random.Next(from.Length)];
}
