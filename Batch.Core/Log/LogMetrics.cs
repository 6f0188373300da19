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
        "batch.log.damaged", "{place}", "Places in the log whose bytes differ from what was written.");

    static readonly Lock Gate = new();
    static Func<IEnumerable<Measurement<long>>>[] _lag = [], _queued = [];

    // Set up last: a listener may ask at once. The meter keeps them.
    static LogMetrics()
    {
        BatchTelemetry.Meter.CreateObservableGauge(
            "batch.log.lag", () => Collect(_lag), "{record}", "Records appended and not yet committed, per partition and group.");
        BatchTelemetry.Meter.CreateObservableGauge(
            "batch.log.queue.bytes", () => Collect(_queued), "By", "Bytes of records in memory, being sent to the log or fetched from it.");
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

    public static IDisposable ObserveLag(Func<IEnumerable<Measurement<long>>> measure) => new Observation(true, measure);

    public static IDisposable ObserveQueue(Func<IEnumerable<Measurement<long>>> measure) => new Observation(false, measure);

    static IEnumerable<Measurement<long>> Collect(Func<IEnumerable<Measurement<long>>>[] sources) => sources.SelectMany(source => source());

    sealed class Observation : IDisposable
    {
        readonly bool _isLag;
        readonly Func<IEnumerable<Measurement<long>>> _measure;

        public Observation(bool isLag, Func<IEnumerable<Measurement<long>>> measure)
        {
            (_isLag, _measure) = (isLag, measure);
            Change(sources => [.. sources, measure]);
        }

        public void Dispose() => Change(sources => [.. sources.Where(source => source != _measure)]);

        void Change(Func<Func<IEnumerable<Measurement<long>>>[], Func<IEnumerable<Measurement<long>>>[]> change)
        {
            lock (Gate)
            {
                if (_isLag)
                    _lag = change(_lag);
                else
                    _queued = change(_queued);
            }
        }
    }
}
