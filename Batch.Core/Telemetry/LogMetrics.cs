using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Batch.Core.Log;

namespace Batch.Core.Telemetry;

/// <summary>How far the workers are behind the log.</summary>
public static class LogMetrics
{
    /// <summary>A report older than this is not shown: no figure is better than one that seems to stand still.</summary>
    public static readonly TimeSpan ReportLifetime = TimeSpan.FromMinutes(1);

    static readonly ConcurrentDictionary<(string Group, string Topic), Report> Reports = new();

    static readonly ObservableGauge<long> Lag = BatchTelemetry.Meter.CreateObservableGauge(
        "batch.log.lag", Observe, "{record}", "Records appended and not yet committed by the workers' group, by topic and partition.");

    /// <summary>
    /// Says how far a group is behind; replaces what was said of the same group and topic. Any process may say it, so a sum over
    /// processes counts it more than once: dashboards take the maximum per partition.
    /// </summary>
    public static void ReportLag(string group, string topic, IReadOnlyList<PartitionLag> lag)
    {
        _ = Lag; // the gauge exists from the first report on, not from the first scrape
        var values = new (long Behind, KeyValuePair<string, object?>[] Tags)[lag.Count];
        for (var i = 0; i < lag.Count; i++)
        {
            values[i] = (lag[i].Behind,
            [
                new("group", group),
                new("topic", topic),
                new("partition", lag[i].Partition.Partition.ToString(CultureInfo.InvariantCulture)),
            ]);
        }

        Reports[(group, topic)] = new Report(Environment.TickCount64, values);
    }

    static IEnumerable<Measurement<long>> Observe()
    {
        foreach (var report in Reports.Values)
        {
            if (Environment.TickCount64 - report.At > ReportLifetime.TotalMilliseconds)
                continue;
            foreach (var (behind, tags) in report.Values)
                yield return new Measurement<long>(behind, tags);
        }
    }

    sealed record Report(long At, (long Behind, KeyValuePair<string, object?>[] Tags)[] Values);
}
