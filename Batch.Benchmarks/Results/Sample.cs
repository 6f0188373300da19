using System.Globalization;

namespace Batch.Benchmarks.Results;

/// <summary>The same thing measured several times.</summary>
internal sealed class Sample
{
    readonly List<double> _values = []; // sorted

    public void Add(double value)
    {
        var place = _values.BinarySearch(value);
        _values.Insert(place < 0 ? ~place : place, value);
    }

    public void Add(Sample others) => others._values.ForEach(Add);

    public double Median => Quantile(0.5);
    public double Min => _values[0];
    public double Max => _values[^1];
    public int Count => _values.Count;

    public double Quantile(double share) => _values[Math.Min(_values.Count - 1, (int)(share * _values.Count))];

    public Sample Select(Func<double, double> value)
    {
        var sample = new Sample();
        _values.ForEach(measured => sample.Add(value(measured)));
        return sample;
    }

    /// <summary>Median with minimum and maximum, such as <c>2.1 (1.9–3.0)</c>.</summary>
    public string Text(string format) =>
        $"{Median.ToString(format, CultureInfo.InvariantCulture)} ({Min.ToString(format, CultureInfo.InvariantCulture)}–{Max.ToString(format, CultureInfo.InvariantCulture)})";
}
