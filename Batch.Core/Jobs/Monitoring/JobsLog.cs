using Microsoft.Extensions.Logging;

namespace Batch.Core.Jobs.Monitoring;

/// <summary>What is said of jobs. One line when a job ends; a healthy run says no more.</summary>
internal static partial class JobsLog
{
    [LoggerMessage(1101, LogLevel.Information,
        "Job {JobId} of {TenantId} ended {State}: {Total} rows, {Success} loaded, {Errors} rejected, {Abandoned} abandoned; waited {WaitingMs} ms, took {ProcessingMs} ms.")]
    public static partial void JobEnded(
        this ILogger logger, string jobId, string tenantId, string state, long total, long success, long errors, long abandoned,
        long waitingMs, long processingMs);

    [LoggerMessage(1102, LogLevel.Warning, "Job {JobId} of {TenantId} failed with {Code}: {Message}")]
    public static partial void JobFailed(this ILogger logger, string jobId, string tenantId, string? code, string? message);

    [LoggerMessage(1103, LogLevel.Error, "Job {JobId} of {TenantId} breaks the row conservation law: {Breach}")]
    public static partial void ConservationBroken(this ILogger logger, string jobId, string tenantId, string breach);

    [LoggerMessage(1104, LogLevel.Warning, "The upload of job {JobId} of {TenantId} has not been heard of for {Seconds} s and counts as broken off.")]
    public static partial void UploadLost(this ILogger logger, string jobId, string tenantId, long seconds);

    [LoggerMessage(1105, LogLevel.Warning, "The job monitor cannot reach ClickHouse and tries again: {Reason}")]
    public static partial void MonitorWaits(this ILogger logger, string reason);

    [LoggerMessage(1107, LogLevel.Error, "Job {JobId} of {TenantId} waits for {Chunks} chunks that the log has lost; their rows are abandoned.")]
    public static partial void ChunksLost(this ILogger logger, string jobId, string tenantId, long chunks);

    [LoggerMessage(1108, LogLevel.Warning, "The log cannot be asked how far it is read: {Reason} It is tried again.")]
    public static partial void LogNotAsked(this ILogger logger, string reason);

    [LoggerMessage(1106, LogLevel.Information, "The job monitor has recovered.")]
    public static partial void MonitorGoesOn(this ILogger logger);
}
