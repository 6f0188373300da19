using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Batch.Core.Telemetry;

/// <summary>What the API does with uploads.</summary>
public static class UploadMetrics
{
    static readonly BoundedLabel Codes = new(capacity: 50);

    static readonly UpDownCounter<long> Active = BatchTelemetry.Meter.CreateUpDownCounter<long>(
        "batch.uploads.active", "{upload}", "Uploads being read now.");

    static readonly Counter<long> Bytes = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.upload.bytes", "By", "Bytes of CSV read from uploads, after decompression.");

    static readonly Counter<long> Rows = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.upload.rows", "{row}", "Rows cut into chunks and appended to the log.");

    static readonly Counter<long> Chunks = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.chunks.appended", "{chunk}", "Chunks acknowledged by the log.");

    static readonly Histogram<double> Duration = BatchTelemetry.Meter.CreateHistogram(
        "batch.upload.duration", "s", "Time from the first byte of an upload until it was accepted or refused, by outcome.",
        advice: BatchTelemetry.LongSeconds);

    static readonly Counter<long> Refused = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.uploads.refused", "{upload}", "Uploads that were refused or interrupted, by code.");

    /// <summary>Starts an upload: active until disposed. Call <see cref="UploadTimer.Accepted"/> or <see cref="UploadTimer.Refused"/> once.</summary>
    public static UploadTimer Started()
    {
        Active.Add(1);
        return new UploadTimer(Stopwatch.GetTimestamp());
    }

    /// <summary>One chunk was acknowledged by the log.</summary>
    /// <param name="bytes">Of CSV.</param>
    public static void ChunkAppended(long rows, long bytes)
    {
        Chunks.Add(1);
        Rows.Add(rows);
        Bytes.Add(bytes);
    }

    internal static void Ended(TimeSpan duration, string? refusedWith)
    {
        Active.Add(-1);
        Duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", refusedWith is null ? "accepted" : "refused"));
        if (refusedWith is not null)
            Refused.Add(1, new KeyValuePair<string, object?>("code", Codes.Of(refusedWith)));
    }
}
