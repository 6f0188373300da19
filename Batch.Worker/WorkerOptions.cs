using System.ComponentModel.DataAnnotations;

namespace Batch.Worker;

/// <summary>How much one worker process does at a time, and for how long it waits.</summary>
public sealed class WorkerOptions
{
    public const string SectionName = "Worker";

    /// <summary>Members of the consumer group in this process; 0 leaves chunks in the log for others. One keeps a core busy.</summary>
    [Range(0, 64)]
    public int Members { get; set; } = 1;

    /// <summary>Chunks that a member processes at a time; eight times as many if they are small. Two: one is parsed while another is inserted.</summary>
    [Range(1, 16)]
    public int ChunksInFlight { get; set; } = 2;

    /// <summary>Attempts before a chunk that is itself at fault becomes a dead letter.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>First pause after a transient fault; doubles up to <see cref="MaxBackoff"/>.</summary>
    public TimeSpan Backoff { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest pause: work resumes at most this long after ClickHouse is back.</summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A small record that was appended within this time, and that no worker has had before, is loaded without the gate: a job cancelled
    /// so soon after its upload is cancelled too late. One second: a cancel is promised to take effect within one. 0: every record runs the gate.
    /// </summary>
    public TimeSpan FreshFor { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// ClickHouse takes longer than this to restart after a crash. A worker whose insert took longer may have slept through a restart, and checks.
    /// 100 ms: the embedded ClickHouse, with little data, takes 200.
    /// </summary>
    public TimeSpan ShortestRestart { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// A partition is not reassigned sooner than this without this worker noticing. A worker that took longer may be believed dead, and checks what another
    /// has done. 400 ms: well below any session timeout, and above the time for a record of small uploads.
    /// </summary>
    public TimeSpan ShortestTakeover { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>On shutdown, chunks in progress may take this long to finish; the others are redelivered.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(10);
}
