using System.Diagnostics.Metrics;

namespace Batch.Core.Telemetry;

/// <summary>Second and further attempts, by what made them necessary.</summary>
public static class RetryMetrics
{
    public const string ClickHouse = "clickhouse";

    static readonly BoundedLabel Dependencies = new(capacity: 20);

    static readonly Counter<long> Retries = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.retries", "{attempt}", "Attempts repeated because a dependency failed, by dependency.");

    /// <param name="dependency"><see cref="ClickHouse"/>, or another short fixed name.</param>
    public static void Retried(string dependency) =>
        Retries.Add(1, new KeyValuePair<string, object?>("dependency", Dependencies.Of(dependency)));
}
