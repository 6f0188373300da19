namespace Batch.Core.ClickHouse;

/// <summary>Values for the <c>{name:Type}</c> placeholders of a query. Values never become part of its text.</summary>
public sealed class ClickHouseParameters
{
    readonly List<KeyValuePair<string, string>> _values = [];

    /// <summary>Name and TSV-escaped value, in the order they were added.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Values => _values;

    public ClickHouseParameters Add(string name, string value)
    {
        _values.Add(new(name, Escape(value)));
        return this;
    }

    public ClickHouseParameters Add(string name, long value)
    {
        _values.Add(new(name, value.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return this;
    }

    /// <summary>An <c>Array(String)</c>.</summary>
    public ClickHouseParameters Add(string name, IEnumerable<string> values)
    {
        _values.Add(new(name, $"[{string.Join(',', values.Select(Quote))}]"));
        return this;
    }

    /// <summary>An <c>Array(Tuple(String, String))</c>.</summary>
    public ClickHouseParameters Add(string name, IEnumerable<(string, string)> values)
    {
        _values.Add(new(name, $"[{string.Join(',', values.Select(pair => $"({Quote(pair.Item1)},{Quote(pair.Item2)})"))}]"));
        return this;
    }

    /// <summary>An array of whole numbers.</summary>
    public ClickHouseParameters Add(string name, IEnumerable<long> values)
    {
        _values.Add(new(name, $"[{string.Join(',', values.Select(value => value.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]"));
        return this;
    }

    // Within a list each text is quoted, and escaped just once.
    static string Quote(string value) => $"'{Escape(value)}'";

    // ClickHouse reads a parameter as a TSV field: \N would be NULL, a tab or line break would end the value.
    static string Escape(string value) => value.AsSpan().IndexOfAny("\\\t\n\r\0\b\f'") < 0 ? value : value
        .Replace("\\", @"\\").Replace("\t", @"\t").Replace("\n", @"\n").Replace("\r", @"\r")
        .Replace("\0", @"\0").Replace("\b", @"\b").Replace("\f", @"\f").Replace("'", @"\'");
}
