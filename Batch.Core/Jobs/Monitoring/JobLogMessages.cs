using Microsoft.Extensions.Logging;

namespace Batch.Core.Jobs.Monitoring;

/// <summary>Log messages about jobs. A healthy run logs one line when a job ends.</summary>
internal static partial class JobLogMessages
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

    [LoggerMessage(1104, LogLevel.Warning, "The upload of job {JobId} of {TenantId} has sent no heartbeat for {Seconds} s and counts as interrupted.")]
    public static partial void UploadLost(this ILogger logger, string jobId, string tenantId, long seconds);

    [LoggerMessage(1105, LogLevel.Warning, "The job monitor cannot do its work; retrying. {Reason}")]
    public static partial void MonitorWaits(this ILogger logger, string reason, Exception? exception);

    [LoggerMessage(1107, LogLevel.Error, "Job {JobId} of {TenantId} is missing {Chunks} chunks that the log has lost; their rows are abandoned.")]
    public static partial void ChunksLost(this ILogger logger, string jobId, string tenantId, long chunks);

    [LoggerMessage(1108, LogLevel.Warning, "Could not read the committed offsets of the log; retrying. {Reason}")]
    public static partial void LogNotAsked(this ILogger logger, string reason);

    [LoggerMessage(1106, LogLevel.Information, "The job monitor recovered.")]
    public static partial void MonitorGoesOn(this ILogger logger);
}
