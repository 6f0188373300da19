using System.Diagnostics.Metrics;
using Batch.Client;

namespace Batch.Core.Telemetry;

/// <summary>What became of jobs. Counted once, by whoever settles the job.</summary>
public static class JobMetrics
{
    static readonly Counter<long> CreatedJobs = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.jobs.created", "{job}", "Jobs created.");

    static readonly Counter<long> CompletedJobs = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.jobs.completed", "{job}", "Jobs that ended, by state.");

    static readonly Histogram<double> Duration = BatchTelemetry.Meter.CreateHistogram(
        "batch.job.duration", "s", "Time from a job's creation to its end, by state.", advice: BatchTelemetry.LongSeconds);

    // Observed rather than counted: it shows 0 from the first job on, so that an alert sees the first increase.
    static long _breaches;
    static readonly ObservableCounter<long> Breaches = BatchTelemetry.Meter.CreateObservableCounter(
        "batch.jobs.conservation_breaches", () => Interlocked.Read(ref _breaches),
        "{job}", "Jobs whose counts did not add up: success + errors + abandoned differs from total.");

    static long _lostChunks;
    static readonly ObservableCounter<long> LostChunks = BatchTelemetry.Meter.CreateObservableCounter(
        "batch.chunks.lost", () => Interlocked.Read(ref _lostChunks),
        "{chunk}", "Chunks that the log lost before they were loaded.");

    public static void Created()
    {
        _ = (Breaches, LostChunks);
        CreatedJobs.Add(1);
    }

    /// <param name="state">One of the states in which a job is over.</param>
    /// <param name="sinceCreation">From creation to the last receipt, cancellation or failure.</param>
    public static void Completed(JobState state, TimeSpan sinceCreation)
    {
        var tag = new KeyValuePair<string, object?>("state", NameOf(state));
        CompletedJobs.Add(1, tag);
        Duration.Record(Math.Max(0, sinceCreation.TotalSeconds), tag);
    }

    public static void ChunksLost(long chunks) => Interlocked.Add(ref _lostChunks, chunks);

    public static void ConservationBroken() => Interlocked.Increment(ref _breaches);

    static string NameOf(JobState state) => state switch
    {
        JobState.Pending => "pending",
        JobState.Running => "running",
        JobState.Success => "success",
        JobState.PartialSuccess => "partial_success",
        JobState.Failed => "failed",
        JobState.Cancelled => "cancelled",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };
}
