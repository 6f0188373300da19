using System.Buffers;
using System.Diagnostics.Metrics;

namespace Batch.ServiceDefaults.Prometheus;

/// <summary>Shows every <see cref="Instrument"/> of this process as Prometheus text (format 0.0.4).</summary>
/// <remarks>
/// The idea: a <see cref="MeterListener"/> keeps running totals, and a scrape prints them. Instruments that map to the same Prometheus name
/// are one <see cref="MetricFamily"/>, so that the hosts which share a process (each has its own ASP.NET Core meters) are added up rather
/// than printed twice. A measurement finds its series by its tags without locking or allocating (<see cref="SeriesTable"/>); only a
/// new combination of tags takes the slow path.
/// Invariants: one HELP and TYPE line per name, one line per set of labels, and counters that never go backwards.
/// To extend: naming is <see cref="PrometheusName"/>, bucket bounds <see cref="HistogramBounds"/>, the text <see cref="PrometheusText"/>.
/// </remarks>
public sealed class PrometheusExporter : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Combinations of label values an instrument may have; those beyond are added up under <c>otel_metric_overflow="true"</c>.</summary>
    /// <remarks>A thousand series of a histogram are 16,000 lines: more than a dashboard can show and about what a scrape should weigh.</remarks>
    public const int DefaultMaxSeries = 1000;

    readonly MeterListener _listener = new();
    readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    readonly Lock _familiesGate = new();
    readonly Lock _scrapeGate = new();
    readonly int _maxSeries;
    long _conflicts;
    long _failures;
    int _started;

    /// <param name="maxSeries">See <see cref="DefaultMaxSeries"/>.</param>
    /// <param name="filter">Which instruments to show; all unless given.</param>
    public PrometheusExporter(int maxSeries = DefaultMaxSeries, Func<Instrument, bool>? filter = null)
    {
        _maxSeries = maxSeries;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if ((filter is null || filter(instrument)) && FamilyOf(instrument) is { } family)
                listener.EnableMeasurementEvents(instrument, new SeriesTable(family, instrument, _maxSeries));
        };
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, table) => ((SeriesTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, table) => ((SeriesTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, table) => ((SeriesTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, table) => ((SeriesTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, table) => ((SeriesTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, table) => ((SeriesTable)table!).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, table) => ((SeriesTable)table!).Record((double)value, tags));
    }

    /// <summary>The process's own. Never stops: a total that began anew with each host would go backwards.</summary>
    public static PrometheusExporter Shared { get; } = new();

    /// <summary>Starts to listen; what was measured before is not in the totals. May be called again.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
            _listener.Start();
    }

    /// <summary>The metrics as they are now, as UTF-8 text.</summary>
    public ReadOnlyMemory<byte> Collect()
    {
        // One scrape at a time: observable values are asked for anew and replaced by each.
        lock (_scrapeGate)
        {
            MetricFamily[] families;
            lock (_familiesGate)
                families = [.. _families.Values];

            foreach (var family in families)
                family.BeforeObservation();
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException exception)
            {
                // An instrument that cannot be read is missing from this scrape; the others are not.
                _failures += exception.InnerExceptions.Count;
            }

            var text = new ArrayBufferWriter<byte>(64 * 1024);
            foreach (var family in families)
            {
                family.WriteTo(text);
                family.AfterObservation();
            }

            WriteOwn(text, families);
            return text.WrittenMemory;
        }
    }

    public void Dispose() => _listener.Dispose();

    MetricFamily? FamilyOf(Instrument instrument)
    {
        if (MetricKinds.Of(instrument) is not { } kind)
            return null;
        var name = PrometheusName.For(instrument, kind);
        lock (_familiesGate)
        {
            if (!_families.TryGetValue(name, out var family))
                _families[name] = family = new MetricFamily(name, instrument, kind);
            else if (family.Kind != kind || family.IsObservable != instrument.IsObservable)
            {
                // Two instruments, one name, different meanings: Prometheus would refuse the whole page. The first stays.
                _conflicts++;
                return null;
            }

            return family;
        }
    }

    void WriteOwn(ArrayBufferWriter<byte> text, MetricFamily[] families)
    {
        PrometheusText.WriteHead(text, "prometheus_exporter_overflowed_measurements_total",
            "Measurements counted without their labels because the metric had too many series.", "counter");
        foreach (var family in families)
        {
            if (family.Overflowed > 0)
            {
                PrometheusText.WriteSample(text, "prometheus_exporter_overflowed_measurements_total", "",
                    PrometheusText.Labels([new("metric", family.Name)]), family.Overflowed);
            }
        }

        PrometheusText.WriteHead(text, "prometheus_exporter_conflicting_instruments_total",
            "Instruments not shown because another one has their name and a different type.", "counter");
        PrometheusText.WriteSample(text, "prometheus_exporter_conflicting_instruments_total", "", default, _conflicts);
        PrometheusText.WriteHead(text, "prometheus_exporter_failed_observations_total",
            "Observable instruments that threw when they were asked for their value.", "counter");
        PrometheusText.WriteSample(text, "prometheus_exporter_failed_observations_total", "", default, _failures);
    }
}
