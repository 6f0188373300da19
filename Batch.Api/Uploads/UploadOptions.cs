using System.ComponentModel.DataAnnotations;
using Batch.Core.Chunks;

namespace Batch.Api.Uploads;

/// <summary>Limits for uploads. How files are cut is in <c>ChunkerOptions</c>.</summary>
public sealed class UploadOptions
{
    public const string SectionName = "Uploads";

    /// <summary>Uploads read at the same time; further ones wait, they are not refused.</summary>
    [Range(1, 10_000)]
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>Chunks of one upload in flight to the log. One would wait for each acknowledgement; many only fill memory.</summary>
    [Range(1, 64)]
    public int AppendsInFlight { get; set; } = 3;

    /// <summary>
    /// An upload of one chunk of at most this many bytes uses the express topic and, if it has no label, its record creates the job. 0: none does.
    /// </summary>
    [Range(0, 64 << 20)]
    public int ExpressBytes { get; set; } = SmallChunk.Bytes;

    /// <summary>
    /// An upload of at most this many bytes may share a record of the log, and so the worker's inserts, with simultaneous ones into the same
    /// model. 0: each has its own record.
    /// </summary>
    [Range(0, SmallChunk.SharedRecordBytes / 2)]
    public int SharedRecordBytes { get; set; } = SmallChunk.SharedBytes;

    /// <summary>
    /// Once a tenant has this many jobs in progress, its next small uploads use the topic of the large ones. So a small job of
    /// another tenant waits for at most this many chunks of each, however many small jobs one of them submits.
    /// </summary>
    [Range(1, 100_000)]
    public int ExpressJobsPerTenant { get; set; } = 100;

    /// <summary>Seconds between heartbeats of a running upload. One without a heartbeat for 20 s counts as dead.</summary>
    [Range(0.1, 5)]
    public double HeartbeatSeconds { get; set; } = 2;

    /// <summary>Minimum upload rate in bytes per second; a slower client is disconnected. Time spent waiting for the log does not count.</summary>
    [Range(0, 1 << 20)]
    public double MinBytesPerSecond { get; set; } = 100;

    /// <summary>How long a client may stay below that rate, in seconds.</summary>
    [Range(1, 3600)]
    public double SlowClientGraceSeconds { get; set; } = 30;

    /// <summary>
    /// How long a client that is answered before the end of its file may go on sending, in seconds; then the connection is closed. Many clients read the
    /// answer only once they have sent everything.
    /// </summary>
    [Range(1, 86_400)]
    public double DropSeconds { get; set; } = 600;

    /// <summary>Longest form field before the file, in bytes.</summary>
    [Range(256, 1 << 20)]
    public int MaxFieldBytes { get; set; } = 16 << 10;

    /// <summary>Most parts of a form, the file included.</summary>
    [Range(1, 1000)]
    public int MaxParts { get; set; } = 32;

    /// <summary>How long recording the end of an upload is retried while ClickHouse does not answer, in seconds.</summary>
    [Range(0, 600)]
    public double SettleSeconds { get; set; } = 30;

    /// <summary>
    /// How long uploads that are open when the API is told to stop may go on, in seconds; then they are ended. 20: with what follows, less than
    /// orchestrators wait before they kill a process.
    /// </summary>
    [Range(0, 3600)]
    public double StopSeconds { get; set; } = 20;

    /// <summary>How long an upload waits for the log to answer before it is refused, in seconds.</summary>
    [Range(0.1, 60)]
    public double LogCheckSeconds { get; set; } = 5;
}
