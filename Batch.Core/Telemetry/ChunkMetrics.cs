using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Batch.Core.Telemetry;

/// <summary>What workers do with chunks.</summary>
public static class ChunkMetrics
{
    static readonly string[] StageNames = ["wait", "gate", "validate", "insert", "rejects", "receipt"];
    static readonly string[] OutcomeNames = ["loaded", "duplicate", "abandoned", "dead_letter"];

    static readonly Histogram<double> Durations = BatchTelemetry.Meter.CreateHistogram(
        "batch.chunk.duration", "s", "Time a chunk spent in one stage of its path through a worker.", advice: BatchTelemetry.Seconds);

    static readonly Histogram<double> QueueWait = BatchTelemetry.Meter.CreateHistogram(
        "batch.queue.wait", "s", "Time between a chunk's append to the log and the start of its processing.", advice: BatchTelemetry.LongSeconds);

    static readonly UpDownCounter<long> InFlight = BatchTelemetry.Meter.CreateUpDownCounter<long>(
        "batch.chunks.in_flight", "{chunk}", "Chunks being processed now.");

    static readonly Counter<long> Processed = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.chunks.processed", "{chunk}", "Chunks that workers finished, by outcome.");

    static readonly Counter<long> Bytes = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.chunk.bytes", "By", "Bytes of CSV in the chunks that were processed.");

    // Observed rather than counted: it shows 0 from the first chunk on, so that an alert sees the first increase.
    static long _deadLetters;
    static readonly ObservableCounter<long> DeadLetters = BatchTelemetry.Meter.CreateObservableCounter(
        "batch.dead_letters", () => Interlocked.Read(ref _deadLetters), "{chunk}", "Chunks set aside because they failed every time.");

    static long _waiting;
    static readonly ObservableUpDownCounter<long> Waiting = BatchTelemetry.Meter.CreateObservableUpDownCounter(
        "batch.chunks.waiting", () => Interlocked.Read(ref _waiting), "{chunk}",
        "Chunks set aside, their partition paused, until a dependency answers or has space again.");

    /// <summary>Starts to work on the chunks of a record: in flight until disposed.</summary>
    /// <param name="queueWait">From <c>LogRecord.AppendedAt</c> to now; a clock that runs behind counts as 0.</param>
    public static ChunkInFlight Started(int chunks, TimeSpan queueWait)
    {
        var seconds = Math.Max(0, queueWait.TotalSeconds);
        _ = DeadLetters;
        _ = Waiting;
        QueueWait.Record(seconds);
        Durations.Record(seconds, StageTag(ChunkStage.Wait));
        InFlight.Add(chunks);
        return new ChunkInFlight(InFlight, chunks);
    }

    /// <summary>Times a stage until disposed: <c>using (ChunkMetrics.Time(ChunkStage.Validate)) …</c>. A stage that throws is timed too.</summary>
    public static StageTimer Time(ChunkStage stage) => new(stage, Stopwatch.GetTimestamp());

    /// <summary>Records a stage that was timed by other means.</summary>
    public static void Stage(ChunkStage stage, TimeSpan duration) => Durations.Record(duration.TotalSeconds, StageTag(stage));

    /// <summary>A worker is done with a chunk of this many bytes.</summary>
    public static void Done(ChunkOutcome outcome, long bytes)
    {
        Processed.Add(1, new KeyValuePair<string, object?>("outcome", OutcomeNames[(int)outcome]));
        Bytes.Add(bytes);
        if (outcome == ChunkOutcome.DeadLetter)
            Interlocked.Increment(ref _deadLetters);
    }

    public static void SetAside() => Interlocked.Increment(ref _waiting);
    public static void TakenUpAgain() => Interlocked.Decrement(ref _waiting);

    /// <summary>The stage as labels and spans spell it.</summary>
    public static string NameOf(ChunkStage stage) => StageNames[(int)stage];

    static KeyValuePair<string, object?> StageTag(ChunkStage stage) => new("stage", StageNames[(int)stage]);
}
