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

    /// <summary>
    /// A small record that was appended within this time, and was in nobody's hands, is loaded without asking whether its jobs were stopped: who stops a job
    /// so soon after its upload comes too late. One second: a stop is promised to take effect within one. 0: every record is asked about.
    /// </summary>
    public TimeSpan FreshFor { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// ClickHouse is not up again sooner after a crash: who took longer over an insert may have slept through one, and asks. 100 ms: the embedded one, with
    /// little data, takes 200.
    /// </summary>
    public TimeSpan ShortestRestart { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// A partition does not go to another worker sooner, unless this one is told: who took longer may be one that is believed dead, and looks what another
    /// has done. 400 ms: well below any session timeout, and above what a record of small uploads takes.
    /// </summary>
    public TimeSpan ShortestTakeover { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>On shutdown, chunks in hand may take this long to finish; what is not finished is redelivered.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(10);
}
