using System.ComponentModel.DataAnnotations;

namespace Batch.Worker;

/// <summary>How much one worker process takes on.</summary>
public sealed class WorkerOptions
{
    public const string SectionName = "Worker";

    /// <summary>Members of the consumer group in this process; 0 leaves chunks in the log for others. One keeps a core busy.</summary>
    [Range(0, 64)]
    public int Members { get; set; } = 1;

    /// <summary>Chunks that a member has in hand at once; eight times as many where they are small. Two: the next is parsed while the last is being inserted.</summary>
    [Range(1, 16)]
    public int ChunksInFlight { get; set; } = 2;

    /// <summary>How often a chunk may fail for a reason that waiting does not mend before it becomes a dead letter.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>First pause after a transient fault; doubles up to <see cref="MaxBackoff"/>.</summary>
    public TimeSpan Backoff { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest pause: how soon after ClickHouse is back the work goes on.</summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>On shutdown, chunks in hand may take this long to finish; what is not finished is redelivered.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(10);
}
