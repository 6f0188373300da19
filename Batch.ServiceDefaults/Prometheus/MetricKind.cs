using System.Diagnostics.Metrics;

namespace Batch.ServiceDefaults.Prometheus;

/// <summary>What an instrument's measurements mean: <c>Sum</c> is a gauge whose measurements are differences.</summary>
enum MetricKind
{
    Counter,
    Sum,
    Gauge,
    Histogram,
}

static class MetricKinds
{
    /// <summary>The kind of an instrument; null for one of a kind that did not exist when this was written.</summary>
    public static MetricKind? Of(Instrument instrument)
    {
        for (var type = instrument.GetType(); type is not null; type = type.BaseType)
        {
            if (!type.IsGenericType)
                continue;
            var definition = type.GetGenericTypeDefinition();
            if (definition == typeof(Counter<>) || definition == typeof(ObservableCounter<>))
                return MetricKind.Counter;
            if (definition == typeof(UpDownCounter<>) || definition == typeof(ObservableUpDownCounter<>))
                return MetricKind.Sum;
            if (definition == typeof(Gauge<>) || definition == typeof(ObservableGauge<>))
                return MetricKind.Gauge;
            if (definition == typeof(Histogram<>))
                return MetricKind.Histogram;
        }

        return null;
    }
}
