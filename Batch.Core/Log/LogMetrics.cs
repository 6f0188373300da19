using System.Diagnostics.Metrics;
using Batch.Core.Telemetry;

namespace Batch.Core.Log;

/// <summary>What the log measures, on the meter "Batch".</summary>
internal static class LogMetrics
{
    static readonly Histogram<double> AppendSeconds = BatchTelemetry.Meter.CreateHistogram(
        "batch.log.append.duration", "s", "From the start of an append until the log has acknowledged the record.", advice: BatchTelemetry.Seconds);
    static readonly Counter<long> AppendedBytes = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.log.append.bytes", "By", "Bytes of values appended.");
    static readonly Counter<long> DamagedRecords = BatchTelemetry.Meter.CreateCounter<long>(
        "batch.log.damaged", "{place}", "Places in the log that could not be read, because they are damaged or lost.");

    static readonly Lock Gate = new();
    static Func<IEnumerable<Measurement<long>>>[] _lag = [], _queued = [];
    static Func<IEnumerable<Measurement<double>>>[] _ages = [];

    // Set up last: a listener may ask at once. The meter keeps them.
    static LogMetrics()
    {
        BatchTelemetry.Meter.CreateObservableGauge(
            "batch.log.lag", () => Collect(_lag), "{record}", "Records appended and not yet committed, per partition and group.");
        BatchTelemetry.Meter.CreateObservableGauge(
            "batch.log.queue.bytes", () => Collect(_queued), "By", "Bytes of records in memory, being sent to the log or fetched from it.");
        BatchTelemetry.Meter.CreateObservableGauge(
            "batch.oldest_chunk.age", () => Collect(_ages), "s", "Age of the oldest chunk that the group has not processed; 0 if there is none.");
    }

    public static void Appended(LogPartition partition, int bytes, TimeSpan elapsed)
    {
        var topic = new KeyValuePair<string, object?>("topic", partition.Topic);
        AppendSeconds.Record(elapsed.TotalSeconds, topic);
        AppendedBytes.Add(bytes, topic);
    }

    public static void Damaged(LogPartition partition) => DamagedRecords.Add(1, new KeyValuePair<string, object?>("topic", partition.Topic));

    public static Measurement<long> Measure(long value, LogPartition partition, string group) =>
        new(
            value,
            new KeyValuePair<string, object?>("group", group),
            new KeyValuePair<string, object?>("topic", partition.Topic),
            new KeyValuePair<string, object?>("partition", partition.Partition));

    public static Measurement<long> MeasureQueue(long bytes, string direction) =>
        new(bytes, new KeyValuePair<string, object?>("direction", direction));

    public static Measurement<double> MeasureAge(TimeSpan age, string group, string topic) =>
        new(age.TotalSeconds, new KeyValuePair<string, object?>("group", group), new KeyValuePair<string, object?>("topic", topic));

    public static IDisposable ObserveLag(Func<IEnumerable<Measurement<long>>> measure) =>
        new Observation<long>(measure, change => _lag = change(_lag));

    public static IDisposable ObserveQueue(Func<IEnumerable<Measurement<long>>> measure) =>
        new Observation<long>(measure, change => _queued = change(_queued));

    public static IDisposable ObserveAge(Func<IEnumerable<Measurement<double>>> measure) =>
        new Observation<double>(measure, change => _ages = change(_ages));

    static IEnumerable<Measurement<T>> Collect<T>(Func<IEnumerable<Measurement<T>>>[] sources) where T : struct => sources.SelectMany(source => source());

    sealed class Observation<T> : IDisposable where T : struct
    {
        readonly Func<IEnumerable<Measurement<T>>> _measure;
        readonly Action<Func<Func<IEnumerable<Measurement<T>>>[], Func<IEnumerable<Measurement<T>>>[]>> _apply;

        public Observation(
            Func<IEnumerable<Measurement<T>>> measure, Action<Func<Func<IEnumerable<Measurement<T>>>[], Func<IEnumerable<Measurement<T>>>[]>> apply)
        {
            (_measure, _apply) = (measure, apply);
            lock (Gate)
                _apply(sources => [.. sources, measure]);
        }

        public void Dispose()
        {
            lock (Gate)
                _apply(sources => [.. sources.Where(source => source != _measure)]);
        }
    }
}
