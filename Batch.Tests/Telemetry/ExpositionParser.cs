using System.Globalization;
using System.Text;

namespace Batch.Tests.Telemetry;

/// <summary>Reads Prometheus text format 0.0.4 and throws at everything that Prometheus, or good manners, would not accept.</summary>
sealed class ExpositionParser
{
    public sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

    public sealed record Family(string Name, string Type, List<Sample> Samples);

    static readonly string[] HistogramSuffixes = ["_bucket", "_sum", "_count"];

    public static Dictionary<string, Family> Parse(ReadOnlyMemory<byte> page)
    {
        var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(page.Span);
        if (!text.EndsWith('\n'))
            throw new FormatException("The last line must end with a line feed.");
        var families = new Dictionary<string, Family>();
        Family? current = null;
        var seen = new HashSet<string>();
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            // The exporter writes TYPE before HELP, and HELP only where there is something to say.
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var words = line.Split(' ');
                if (words.Length != 4 || words[3] is not ("counter" or "gauge" or "histogram"))
                    throw new FormatException($"Bad TYPE line: {line}");
                current = new Family(words[2], words[3], []);
                if (!families.TryAdd(words[2], current))
                    throw new FormatException($"Declared twice: {words[2]}");
                continue;
            }

            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                if (current is not { Samples.Count: 0 } || line.Split(' ')[2] != current.Name)
                    throw new FormatException($"Not right below its TYPE line: {line}");
                continue;
            }

            var sample = ParseSample(line);
            if (current is null || !BelongsTo(sample.Name, current))
                throw new FormatException($"Not under its TYPE line: {line}");
            if (!seen.Add(line[..line.LastIndexOf(' ')]))
                throw new FormatException($"The same series twice: {line}");
            if (current.Type == "counter" && !(sample.Value >= 0))
                throw new FormatException($"A counter must not be negative: {line}");
            current.Samples.Add(sample);
        }

        foreach (var family in families.Values.Where(family => family.Type == "histogram"))
            CheckHistogram(family);
        return families;
    }

    static bool BelongsTo(string sample, Family family) => family.Type == "histogram"
        ? HistogramSuffixes.Any(suffix => sample == family.Name + suffix)
        : sample == family.Name;

    static Sample ParseSample(string line)
    {
        var at = 0;
        var name = Name(line, ref at, colon: true);
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (line[at] == '{')
        {
            at++;
            while (line[at] != '}')
            {
                var label = Name(line, ref at, colon: false);
                if (line[at++] != '=' || line[at++] != '"')
                    throw new FormatException($"Expected =\" in: {line}");
                if (!labels.TryAdd(label, Value(line, ref at)))
                    throw new FormatException($"Label {label} twice in: {line}");
                if (line[at] == ',')
                    at++;
                else if (line[at] != '}')
                    throw new FormatException($"Expected , or }} in: {line}");
            }

            at++;
        }

        if (line[at++] != ' ')
            throw new FormatException($"Expected a space before the value: {line}");
        var number = line[at..] switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            var other => double.Parse(other, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        return new Sample(name, labels, number);
    }

    static string Name(string line, ref int at, bool colon)
    {
        var start = at;
        while (at < line.Length
            && (char.IsAsciiLetter(line[at]) || line[at] == '_' || (colon && line[at] == ':') || (at > start && char.IsAsciiDigit(line[at]))))
            at++;
        return at > start ? line[start..at] : throw new FormatException($"Expected a name at {start}: {line}");
    }

    static string Value(string line, ref int at)
    {
        var value = new StringBuilder();
        for (; line[at] != '"'; at++)
        {
            if (line[at] != '\\')
                value.Append(line[at]);
            else
                value.Append(line[++at] switch { 'n' => '\n', '\\' => '\\', '"' => '"', var c => throw new FormatException($"Bad escape \\{c}: {line}") });
        }

        at++;
        return value.ToString();
    }

    static void CheckHistogram(Family family)
    {
        foreach (var series in family.Samples.GroupBy(sample => string.Join(',', sample.Labels.Where(label => label.Key != "le"))))
        {
            var buckets = series.Where(sample => sample.Name.EndsWith("_bucket", StringComparison.Ordinal)).ToList();
            var bounds = buckets.ConvertAll(bucket =>
                bucket.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(bucket.Labels["le"], CultureInfo.InvariantCulture));
            if (!bounds.SequenceEqual(bounds.Distinct().Order()) || bounds[^1] != double.PositiveInfinity)
                throw new FormatException($"{family.Name}: bounds must rise to +Inf.");
            if (!buckets.Select(bucket => bucket.Value).SequenceEqual(buckets.Select(bucket => bucket.Value).Order()))
                throw new FormatException($"{family.Name}: buckets must be cumulative.");
            if (series.Single(sample => sample.Name.EndsWith("_count", StringComparison.Ordinal)).Value != buckets[^1].Value)
                throw new FormatException($"{family.Name}: the count differs from the +Inf bucket.");
            _ = series.Single(sample => sample.Name.EndsWith("_sum", StringComparison.Ordinal));
        }
    }
}
