using System.Diagnostics;
using Batch.Benchmarks.Results;

namespace Batch.Benchmarks.Measurements.Stages;

/// <summary>Something that is done again and again with the same rows, and what it took each time.</summary>
/// <param name="bytes">Of CSV that it gets through.</param>
internal sealed class Work(long bytes, long rows, Func<Task> run)
{
    /// <summary>Done before, and not measured.</summary>
    public Func<Task> Prepare { get; init; } = () => Task.CompletedTask;

    /// <summary>Processor time so far of other processes that take part.</summary>
    public Func<double> OthersCpuSeconds { get; init; } = () => 0;

    /// <summary>
    /// Its rate is per second of processor time instead of the clock's: work in memory on one core, which a busy neighbour then disturbs less.
    /// </summary>
    public bool IsPerCore { get; init; }

    public Sample MegabytesPerSecond { get; } = new();

    /// <summary>Processor time of all processes that take part, for a megabyte of CSV.</summary>
    public Sample CpuMillisecondsPerMegabyte { get; } = new();

    /// <summary>In this process.</summary>
    public Sample BytesAllocatedPerRow { get; } = new();

    public double MillionRowsPerSecond => MegabytesPerSecond.Median * rows / bytes;

    public async Task MeasureAsync(bool keep)
    {
        await Prepare();
        var cpuBefore = CpuSeconds;
        var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true); // after the look into /proc, which allocates
        var started = Stopwatch.GetTimestamp();
        await run();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        var cpuSeconds = CpuSeconds - cpuBefore;
        if (!keep)
            return;
        MegabytesPerSecond.Add(bytes / 1e6 / (IsPerCore ? cpuSeconds : seconds));
        CpuMillisecondsPerMegabyte.Add(cpuSeconds * 1e3 / (bytes / 1e6));
        BytesAllocatedPerRow.Add((double)allocated / rows);
    }

    double CpuSeconds => Environment.CpuUsage.TotalTime.TotalSeconds + OthersCpuSeconds();
}
