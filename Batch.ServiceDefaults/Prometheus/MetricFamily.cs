using System.Buffers;
using System.Diagnostics.Metrics;

namespace Batch.ServiceDefaults.Prometheus;

/// <summary>All series of one Prometheus name.</summary>
sealed class MetricFamily
{
    readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    readonly Lock _gate = new();
    readonly string _help;
    readonly double[]? _bounds;
    readonly string[] _boundLabels;
    Series? _overflow;
    long _overflowed;

    public MetricFamily(string name, Instrument first, MetricKind kind)
    {
        Name = name;
        Kind = kind;
        IsObservable = first.IsObservable;
        _help = string.IsNullOrWhiteSpace(first.Description) ? first.Name : first.Description;
        _bounds = kind == MetricKind.Histogram ? HistogramBounds.For(first) : null;
        _boundLabels = [.. (_bounds ?? []).Select(PrometheusText.Number), "+Inf"];
    }

    public string Name { get; }
    public MetricKind Kind { get; }
    public bool IsObservable { get; }

    /// <summary>Measurements that went to the overflow series.</summary>
    public long Overflowed => Interlocked.Read(ref _overflowed);

    /// <summary>The series for these labels; different instruments and spellings that print alike share one.</summary>
    public Series SeriesFor(IReadOnlyList<KeyValuePair<string, object?>> tags)
    {
        var labels = PrometheusText.Labels(tags, reserved: Kind == MetricKind.Histogram ? "le" : null);
        lock (_gate)
        {
            if (!_series.TryGetValue(labels, out var series))
                _series[labels] = series = new Series(labels, _bounds);
            return series;
        }
    }

    public Series Overflow()
    {
        Interlocked.Increment(ref _overflowed);
        return _overflow ?? MakeOverflow();
    }

    /// <summary>Forgets observed values, which the scrape is about to ask for anew.</summary>
    public void BeforeObservation()
    {
        if (!IsObservable)
            return;
        lock (_gate)
        {
            foreach (var series in _series.Values)
                series.Reset();
        }
    }

    /// <summary>Drops observable series that were not reported this time: a partition that moved away has no lag here any more.</summary>
    public void AfterObservation()
    {
        if (!IsObservable)
            return;
        lock (_gate)
        {
            foreach (var (labels, series) in _series)
            {
                if (!series.HasValue)
                {
                    series.IsDropped = true;
                    _series.Remove(labels);
                    if (series == _overflow)
                        _overflow = null;
                }
            }
        }
    }

    public void WriteTo(IBufferWriter<byte> text)
    {
        Series[] all;
        lock (_gate)
            all = [.. _series.Values.Where(series => series.HasValue)];
        if (all.Length == 0)
            return;

        PrometheusText.WriteHead(text, Name, _help, Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        });
        foreach (var series in all)
        {
            if (_bounds is null)
                PrometheusText.WriteSample(text, Name, "", series.Labels, series.Value);
            else
                WriteHistogram(text, series);
        }
    }

    void WriteHistogram(IBufferWriter<byte> text, Series series)
    {
        // The count is the sum of the buckets as read here, so that a measurement made meanwhile cannot make them disagree.
        long count = 0;
        for (var i = 0; i < _boundLabels.Length; i++)
        {
            count += series.Bucket(i);
            PrometheusText.WriteSample(text, Name, "_bucket", series.Labels, count, _boundLabels[i]);
        }

        PrometheusText.WriteSample(text, Name, "_sum", series.Labels, series.Value);
        PrometheusText.WriteSample(text, Name, "_count", series.Labels, count);
    }

    Series MakeOverflow()
    {
        var series = SeriesFor([new("otel.metric.overflow", true)]);
        _overflow = series;
        return series;
    }
}
