using System.Buffers;
using System.Globalization;
using System.Text;

namespace Batch.ServiceDefaults.Prometheus;

/// <summary>Writes the lines of the text format.</summary>
// # HELP batch_rows_accepted_total Rows loaded into ClickHouse.
// # TYPE batch_rows_accepted_total counter
// batch_rows_accepted_total{model="a \"quoted\" name"} 12
static class PrometheusText
{
    public static void WriteHead(IBufferWriter<byte> text, string name, string help, string type)
    {
        Write(text, "# HELP ");
        Write(text, name);
        Write(text, " ");
        Write(text, Escape(help, quotes: false));
        Write(text, "\n# TYPE ");
        Write(text, name);
        Write(text, " ");
        Write(text, type);
        Write(text, "\n");
    }

    /// <param name="labels">From <see cref="Labels"/>.</param>
    /// <param name="bound">Of a histogram's bucket.</param>
    public static void WriteSample(IBufferWriter<byte> text, string name, string suffix, string? labels, double value, string? bound = null)
    {
        Write(text, name);
        Write(text, suffix);
        if (!string.IsNullOrEmpty(labels) || bound is not null)
        {
            Write(text, "{");
            Write(text, labels ?? "");
            if (bound is not null)
            {
                Write(text, string.IsNullOrEmpty(labels) ? "le=\"" : ",le=\"");
                Write(text, bound);
                Write(text, "\"");
            }

            Write(text, "}");
        }

        Write(text, " ");
        Write(text, Number(value));
        Write(text, "\n");
    }

    /// <summary>Labels as printed between braces, sorted by name; equal sets of tags give equal text.</summary>
    /// <param name="reserved">A name that the metric's type needs for itself.</param>
    public static string Labels(IReadOnlyList<KeyValuePair<string, object?>> tags, string? reserved = null)
    {
        if (tags.Count == 0)
            return "";
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            var name = PrometheusName.Sanitize(key);
            if (name == reserved)
                name += "_";
            var text = Escape(ValueText(value), quotes: true);
            if (text.Length == 0)
                continue; // to Prometheus an empty label is no label, and two series that differ by it are one
            // "a.b" and "a_b" are one label to Prometheus: both values are kept, as OpenTelemetry's rules say.
            labels[name] = labels.TryGetValue(name, out var before) && before != text ? $"{before};{text}" : text;
        }

        return string.Join(',', labels.Select(label => $"{label.Key}=\"{label.Value}\""));
    }

    /// <summary>A number as Prometheus reads it.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    static string ValueText(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    static string Escape(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0)
            return text;
        var escaped = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => escaped.Append("\\\\"),
                '\n' => escaped.Append("\\n"),
                '"' when quotes => escaped.Append("\\\""),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    static void Write(IBufferWriter<byte> text, string value) => Encoding.UTF8.GetBytes(value, text);
}
