namespace Batch.Benchmarks.Measurements.Stages;

/// <summary>What holds up a file, out of the figures of the stages that every row goes through.</summary>
internal static class Bottleneck
{
    /// <summary>From here on a stage's ceiling is what limits it, not what Batch does.</summary>
    const double NearCeiling = 0.8;

    /// <remarks>
    /// The stages of a file run at the same time and share the cores, so their processor times add up: a megabyte takes their sum over
    /// the number of cores. Beside them the disk takes chunks at its own pace. The slower of the two is the bottleneck, and of the
    /// processor the stage that takes most of it.
    /// </remarks>
    public static string Of(string data, IReadOnlyCollection<Stage> stages)
    {
        var way = stages.Where(stage => stage.IsOnTheWay).ToList();
        var sum = way.Sum(stage => stage.Work.CpuMillisecondsPerMegabyte.Median);
        var cores = Environment.ProcessorCount;
        var processor = 1000 * cores / sum;
        var slowest = way.Where(stage => !stage.Work.IsPerCore).MinBy(stage => stage.Work.MegabytesPerSecond.Median)!;
        var clock = slowest.Work.MegabytesPerSecond.Median;
        var byShare = string.Join("; ", way.OrderByDescending(stage => stage.Work.CpuMillisecondsPerMegabyte.Median)
            .Select(stage => $"{stage.Name}: {stage.Work.CpuMillisecondsPerMegabyte.Median / sum:0 %}"));
        var greedy = way.MaxBy(stage => stage.Work.CpuMillisecondsPerMegabyte.Median)!;
        var (name, stage) = processor <= clock
            ? ($"the processor, and of it {greedy.Name}", greedy)
            : (slowest.Name, slowest);
        return $"Bottleneck of {data}: **{name}**, which reaches {stage.ShareOfCeiling:0 %} of its ceiling ({stage.CeilingName}), so that "
            + (stage.ShareOfCeiling >= NearCeiling ? "the ceiling is what holds it up. " : "there is room above it. ")
            + $"A megabyte takes {sum:0.0} ms of processor time ({byShare}), which {cores} cores can do for {processor:N0} MB/s; "
            + $"by the clock and alone the slowest stage is {slowest.Name} with {clock:N0} MB/s.\n";
    }
}
