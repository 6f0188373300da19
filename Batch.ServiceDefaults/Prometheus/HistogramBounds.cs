using System.Diagnostics.Metrics;

namespace Batch.ServiceDefaults.Prometheus;

/// <summary>Upper bounds of a histogram's buckets: those its author advised, else some that suit its unit.</summary>
static class HistogramBounds
{
    static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
    static readonly double[] Bytes = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26, 1L << 28, 1L << 30];
    static readonly double[] Others = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    public static double[] For(Instrument instrument)
    {
        var advised = instrument switch
        {
            Histogram<double> h => h.Advice?.HistogramBucketBoundaries,
            Histogram<long> h => Doubles(h.Advice?.HistogramBucketBoundaries),
            Histogram<int> h => Doubles(h.Advice?.HistogramBucketBoundaries),
            Histogram<float> h => Doubles(h.Advice?.HistogramBucketBoundaries),
            Histogram<short> h => Doubles(h.Advice?.HistogramBucketBoundaries),
            Histogram<byte> h => Doubles(h.Advice?.HistogramBucketBoundaries),
            Histogram<decimal> h => Doubles(h.Advice?.HistogramBucketBoundaries),
            _ => null,
        };
        return advised is { Count: > 0 } ? [.. advised] : instrument.Unit switch
        {
            "s" => Seconds,
            "By" => Bytes,
            _ => Others,
        };
    }

    static double[]? Doubles<T>(IReadOnlyList<T>? bounds) where T : IConvertible =>
        bounds is null ? null : [.. bounds.Select(bound => bound.ToDouble(System.Globalization.CultureInfo.InvariantCulture))];
}
