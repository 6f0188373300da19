namespace Batch.Benchmarks.Measurements.Stages;

/// <summary>A stage of a row's way, and what it is held against: something that nobody could do without, with the same bytes.</summary>
/// <param name="Ceiling">Null: the stage is a ceiling itself.</param>
internal sealed record Stage(string Name, Work Work, string CeilingName, Work? Ceiling)
{
    /// <summary>One of those that every row goes through, with chunks of the usual size: together they are the way of a row.</summary>
    public bool IsOnTheWay { get; init; }

    /// <summary>1 is as fast as the ceiling.</summary>
    public double ShareOfCeiling => Work.MegabytesPerSecond.Median / (Ceiling ?? Work).MegabytesPerSecond.Median;
}
