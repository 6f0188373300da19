using System.Globalization;
using System.Text.RegularExpressions;
using Batch.Tests.Deployment;

namespace Batch.Tests.Telemetry;

/// <summary>What docs/operating.md says of Batch's metrics.</summary>
static class DocumentedMetrics
{
    static readonly string Page = File.ReadAllText(Repository.File("docs", "operating.md"));

    // | `batch_row_errors_total` | counter | `code`, `model` | Errors found in rows … |
    /// <summary>Every metric of ours, as Prometheus sees it; labels sorted, without a bucket's <c>le</c>.</summary>
    public static IReadOnlyList<(string Name, string Type, string[] Labels)> Table { get; } =
    [
        .. Regex.Matches(Page, @"(?m)^\| `(batch_\w+)` \| (counter|gauge|histogram) \|([^|]*)\|").Select(row =>
            (row.Groups[1].Value, row.Groups[2].Value, Regex.Matches(row.Groups[3].Value, @"\w+").Select(label => label.Value).Order(StringComparer.Ordinal)
                .ToArray())),
    ];

    /// <summary>Upper bounds of a histogram's buckets, in seconds.</summary>
    public static double[] Bounds(string histogram)
    {
        var lines = Regex.Matches(Page, @"(?m)^- ([^:\n]*): ((?:[\d.]+ )+\+Inf)$");
        var line = lines.SingleOrDefault(line => line.Groups[1].Value.Contains($"`{histogram}`", StringComparison.Ordinal))
            ?? lines.Single(line => line.Groups[1].Value == "all others");
        return [.. line.Groups[2].Value.Split(' ')
            .Select(bound => bound == "+Inf" ? double.PositiveInfinity : double.Parse(bound, CultureInfo.InvariantCulture))];
    }

    /// <summary>A metric as a test's message shows it.</summary>
    public static string Describe((string Name, string Type, string[] Labels) metric) => $"{metric.Name} {metric.Type} {string.Join(',', metric.Labels)}";

    /// <summary>Batch's metrics on the pages of one or several processes, in the form of <see cref="Table"/>.</summary>
    public static IEnumerable<(string Name, string Type, string[] Labels)> On(params Dictionary<string, ExpositionParser.Family>[] pages) => pages
        .SelectMany(page => page.Values)
        .Where(family => family.Name.StartsWith("batch_", StringComparison.Ordinal))
        .GroupBy(family => (family.Name, family.Type), family => family.Samples)
        .Select(group => (group.Key.Name, group.Key.Type, group.SelectMany(samples => samples).SelectMany(sample => sample.Labels.Keys)
            .Where(label => label != "le").Distinct().Order(StringComparer.Ordinal).ToArray()));
}
