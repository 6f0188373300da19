using System.Globalization;
using System.Text;

namespace Batch.Tests.Schema;

/// <summary>Writes files as people do, and as they should not.</summary>
internal sealed class RandomCsv(int seed)
{
    static readonly string[] Names = ["event_id", "timestamp", "a", "b", "a`b\\", "größe", "with space", "", "_row"];
    static readonly string[] Odd =
    [
        "", "", " ", "\t", "N/A", "NaN", "-inf", "x", "0x10", "1e400", "99999999999999999999999", "-", "+", ".", "[]", "[1,]",
        "[1, \"a\"]", "a\"b", "é🙂", "007", "+4930123456"
    ];

    readonly Random _random = new(seed);

    public (byte[] Csv, byte? Delimiter) Write()
    {
        var delimiter = (char)",;\t|"[_random.Next(4)];
        var names = Names.OrderBy(_ => _random.Next()).Take(_random.Next(1, 7)).ToList();
        if (names.All(n => n is "" or "_row"))
            names.Add("c");
        // Most columns are of one mind; some now and then have something odd.
        var columns = names.Select(n => (Kind: _random.Next(13), Odd: _random.Next(3) == 0 ? 0.02 : 0.0, Blank: _random.Next(3) == 0 ? 0.1 : 0.0)).ToArray();
        var lineEnd = _random.Next(3) switch { 0 => "\r\n", 1 => "\r", _ => "\n" };
        var isDirty = _random.Next(4) == 0;
        using var file = new MemoryStream();
        Put(file, string.Join(delimiter, names.Select(n => Field(n, delimiter))) + lineEnd);
        var rows = _random.Next(10) == 0 ? 0 : _random.Next(1, 250);
        for (var row = 0; row < rows; row++)
        {
            if (isDirty && _random.Next(40) == 0)
            {
                Spoil(file, delimiter, lineEnd);
                continue;
            }
            var fields = columns.Select(c => Field(
                _random.NextDouble() < c.Odd ? Odd[_random.Next(Odd.Length)] : _random.NextDouble() < c.Blank ? "" : Value(c.Kind), delimiter)).ToList();
            if (isDirty && _random.Next(30) == 0)
                fields = fields[.._random.Next(1, fields.Count + 1)];
            if (isDirty && _random.Next(60) == 0)
                fields.Add("extra");
            Put(file, string.Join(delimiter, fields) + (row == rows - 1 && _random.Next(2) == 0 ? "" : lineEnd));
        }
        return (file.ToArray(), _random.Next(2) == 0 ? (byte)delimiter : null);
    }

    string Value(int kind)
    {
        var value = kind switch
        {
            0 => $"{_random.Next(-50, 1_000)}",
            1 => $"{_random.Next(2)}",
            2 => _random.Next(2) == 0 ? "true" : "False",
            3 => $"{_random.NextInt64(long.MinValue, long.MaxValue)}",
            4 => $"{(ulong)_random.NextInt64(long.MaxValue) + (ulong)_random.Next(2) * long.MaxValue}",
            5 => _random.NextDouble().ToString("R", CultureInfo.InvariantCulture),
            6 => $"{_random.Next(-9, 9)}.{_random.Next(99)}e{_random.Next(-40, 40)}",
            7 => $"{(uint)_random.NextInt64(uint.MaxValue)}",
            8 => DateTimeOffset.FromUnixTimeSeconds(_random.NextInt64(uint.MaxValue)).ToOffset(TimeSpan.FromMinutes(_random.Next(-600, 600)))
                .ToString("yyyy-MM-dd'T'HH:mm:ss.fzzz", CultureInfo.InvariantCulture),
            9 => $"[{string.Join(", ", Enumerable.Range(0, 3).Select(_ => _random.Next(100)))}]",
            10 => $"[{string.Join(",", Enumerable.Range(0, _random.Next(4)).Select(_ => _random.NextDouble().ToString("R", CultureInfo.InvariantCulture)))}]",
            11 => _random.Next(3) switch { 0 => "red", 1 => "it's \"blue\"", _ => "grün, \\" },
            _ => $"text {_random.Next(10_000)}{(_random.Next(20) == 0 ? "\nnext line" : "")}",
        };
        return _random.Next(200) == 0 ? $" {value}\t" : value;
    }

    string Field(string value, char delimiter) =>
        value.AsSpan().IndexOfAny($"\"\r\n{delimiter}") >= 0 || _random.Next(10) == 0 ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;

    void Spoil(MemoryStream file, char delimiter, string lineEnd)
    {
        switch (_random.Next(5))
        {
            case 0: Put(file, $"\"not closed right\"x{delimiter}1"); break;
            case 1: Put(file, new string('x', 5_000)); break;
            case 2: file.Write([0xff, 0xfe]); break;
            case 3: Put(file, string.Concat(Enumerable.Repeat($"y{delimiter}", 12))); break;
            default: Put(file, $"1{delimiter}\"\""); break;
        }
        Put(file, lineEnd);
    }

    static void Put(MemoryStream file, string text) => file.Write(Encoding.UTF8.GetBytes(text));
}
