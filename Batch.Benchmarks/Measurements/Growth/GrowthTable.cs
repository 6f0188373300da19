using Batch.Benchmarks.Results;
using Batch.Benchmarks.Running;

namespace Batch.Benchmarks.Measurements.Growth;

/// <summary>Time and peak memory of a load as something grows, as a table and as a chart.</summary>
/// <param name="step">What grows.</param>
/// <param name="note">One more column.</param>
internal sealed class GrowthTable(string title, string step, string note)
{
    readonly Table _table = new(title, step, note, "s", "Mrow/s", "API, log and workers: peak MB", "ClickHouse: peak MB");
    readonly List<(double Step, double Seconds, double Host, double Engine)> _points = [];

    /// <param name="system">Started for this load and nothing else.</param>
    public void Add(BatchSystem system, long step, double seconds, long rows, string note)
    {
        var (host, engine) = (system.Services.PeakMegabytes, system.Engine.PeakMegabytes);
        _table.Add($"{step:N0}", note, $"{seconds:0.0}", $"{rows / 1e6 / seconds:0.00}", $"{host}", $"{engine}");
        _points.Add((step, seconds, host, engine));
    }

    public string ToSvg()
    {
        var chart = new LineChart("Time and peak memory", step);
        chart.AddPanel("seconds", ("", [.. _points.Select(point => (point.Step, point.Seconds))]));
        chart.AddPanel("MB at the peak", ("API, log, workers", [.. _points.Select(point => (point.Step, point.Host))]),
            ("ClickHouse", [.. _points.Select(point => (point.Step, point.Engine))]));
        return chart.ToSvg();
    }

    public override string ToString() => _table.ToString();
}
