using System.Diagnostics.Metrics;

namespace Batch.ServiceDefaults.Prometheus;

/// <summary>Turns OpenTelemetry's names and units into Prometheus's: <c>http.server.request.duration</c> in <c>s</c> is <c>http_server_request_duration_seconds</c>.</summary>
static class PrometheusName
{
    public static string For(Instrument instrument, MetricKind kind)
    {
        var name = Sanitize(instrument.Name, colons: true);
        if (UnitOf(instrument.Unit, kind) is { } unit && !HasWord(name, unit))
            name += "_" + unit;
        if (kind == MetricKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal))
            name += "_total";
        return name;
    }

    /// <summary>A label's or metric's name: letters, digits and underscores, the first no digit, no two underscores in a row.</summary>
    public static string Sanitize(string name, bool colons = false)
    {
        var clean = new System.Text.StringBuilder(name.Length + 1);
        foreach (var c in name)
        {
            var good = char.IsAsciiLetterOrDigit(c) || (colons && c == ':') ? c : '_';
            if (good == '_' && clean.Length > 0 && clean[^1] == '_')
                continue;
            if (clean.Length == 0 && char.IsAsciiDigit(good))
                clean.Append('_');
            clean.Append(good);
        }

        return clean.Length == 0 ? "_" : clean.ToString();
    }

    static string? UnitOf(string? unit, MetricKind kind)
    {
        if (string.IsNullOrWhiteSpace(unit))
            return null;
        if (unit == "1")
            return kind == MetricKind.Gauge ? "ratio" : null;

        // "By/s" is bytes per second; "{row}" is an annotation and no unit at all.
        var parts = unit.Split('/', 2);
        var first = Word(parts[0], plural: true);
        if (parts.Length == 1)
            return first;
        var per = Word(parts[1], plural: false);
        return per is null ? first : first is null ? "per_" + per : $"{first}_per_{per}";
    }

    static string? Word(string unit, bool plural)
    {
        var open = unit.IndexOf('{', StringComparison.Ordinal);
        unit = (open >= 0 ? unit[..open] : unit).Trim();
        if (unit.Length == 0)
            return null;
        string? known = unit switch
        {
            "d" => "day",
            "h" => "hour",
            "min" => "minute",
            "s" => "second",
            "ms" => "millisecond",
            "us" => "microsecond",
            "ns" => "nanosecond",
            "By" => "byte",
            "KiBy" => "kibibyte",
            "MiBy" => "mebibyte",
            "GiBy" => "gibibyte",
            "KBy" => "kilobyte",
            "MBy" => "megabyte",
            "GBy" => "gigabyte",
            "m" => "meter",
            "V" => "volt",
            "A" => "ampere",
            "J" => "joule",
            "W" => "watt",
            "g" => "gram",
            _ => null,
        };
        return known is not null ? plural ? known + "s" : known : unit switch
        {
            "%" => "percent",
            "Cel" => "celsius",
            "Hz" => "hertz",
            _ => Sanitize(unit).Trim('_') is { Length: > 0 } word ? word : null,
        };
    }

    static bool HasWord(string name, string unit) =>
        $"_{name}_".Contains($"_{unit}_", StringComparison.Ordinal);
}
