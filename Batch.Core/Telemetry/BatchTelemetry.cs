using System.Diagnostics;
using System.Diagnostics.Metrics;
using Batch.Primitives;

namespace Batch.Core.Telemetry;

/// <summary>The one source of spans and the one meter of Batch, both named "Batch".</summary>
/// <remarks>
/// Static, so that what measures needs nothing injected. The instruments stand in one class per area:
/// <see cref="UploadMetrics"/>, <see cref="ChunkMetrics"/>, <see cref="RowMetrics"/>, <see cref="JobMetrics"/>,
/// <see cref="ClickHouseMetrics"/>, <see cref="RetryMetrics"/>, and beside the logs <c>LogMetrics</c>. A new one goes into the table
/// of docs/operating.md too. Labels take values from small fixed sets only; a job id is never one.
/// </remarks>
public static class BatchTelemetry
{
    public const string Name = "Batch";

    public static ActivitySource Source { get; } = new(Name, ProductVersion.Text);

    public static Meter Meter { get; } = new(Name, ProductVersion.Text);

    /// <summary>Marks a span as failed with the exception's type and message; a cancelled span is not a failed one.</summary>
    public static void Failed(this Activity? activity, Exception exception)
    {
        if (activity is null || exception is OperationCanceledException)
            return;
        activity.SetStatus(ActivityStatusCode.Error, exception.Message);
        activity.SetTag("error.type", exception.GetType().FullName);
        activity.AddException(exception);
    }

    /// <summary>Boundaries, in seconds, for work that takes from a millisecond to ten minutes.</summary>
    internal static InstrumentAdvice<double> Seconds { get; } = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600],
    };

    /// <summary>Boundaries, in seconds, for what a person waits for: a tenth of a second to six hours.</summary>
    internal static InstrumentAdvice<double> LongSeconds { get; } = new()
    {
        HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600],
    };
}
