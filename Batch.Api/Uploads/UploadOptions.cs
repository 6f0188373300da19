using System.ComponentModel.DataAnnotations;
using Batch.Core.Chunks;

namespace Batch.Api.Uploads;

/// <summary>Limits of taking files in. How files are cut is in <c>ChunkerOptions</c>.</summary>
public sealed class UploadOptions
{
    public const string SectionName = "Uploads";

    /// <summary>Uploads read at the same time; further ones wait for their turn, they are not refused.</summary>
    [Range(1, 10_000)]
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>Chunks of one upload under way to the log. One would wait out each acknowledgement; many only fill memory.</summary>
    [Range(1, 64)]
    public int AppendsInFlight { get; set; } = 3;

    /// <summary>
    /// An upload that is one chunk of at most this many bytes takes the express topic, and has its record tell of its job where it can. 0: none does.
    /// </summary>
    [Range(0, 64 << 20)]
    public int ExpressBytes { get; set; } = SmallChunk.Bytes;

    /// <summary>
    /// An upload of at most this many bytes may share a record of the log, and with it the worker's inserts, with others into the same
    /// model that come in at the same time. 0: each has a record of its own.
    /// </summary>
    [Range(0, SmallChunk.SharedRecordBytes / 2)]
    public int SharedRecordBytes { get; set; } = SmallChunk.SharedBytes;

    /// <summary>
    /// Once a tenant has this many jobs in progress, its next small uploads use the topic of the large ones. So a small job of
    /// another tenant waits for at most so many chunks of each, however many small jobs one of them submits.
    /// </summary>
    [Range(1, 100_000)]
    public int ExpressJobsPerTenant { get; set; } = 100;

    /// <summary>Seconds between signs of life of a running upload. One that gives none for 20 s is taken for dead.</summary>
    [Range(0.1, 5)]
    public double HeartbeatSeconds { get; set; } = 2;

    /// <summary>Slowest client, in bytes a second; a slower one is cut off. Time spent waiting for the log does not count.</summary>
    [Range(0, 1 << 20)]
    public double MinBytesPerSecond { get; set; } = 100;

    /// <summary>Seconds for which a client may be slower than that.</summary>
    [Range(1, 3600)]
    public double SlowClientGraceSeconds { get; set; } = 30;

    /// <summary>
    /// A client that is answered before the end of its file may go on sending for this long, in seconds; then the connection is cut. Many read the
    /// answer only when they have sent all.
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

    /// <summary>Longest wait for the log to say that it is there before an upload is refused, in seconds.</summary>
    [Range(0.1, 60)]
    public double LogCheckSeconds { get; set; } = 5;
}
