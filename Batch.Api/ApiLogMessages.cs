namespace Batch.Api;

internal static partial class ApiLogMessages
{
    [LoggerMessage(1001, LogLevel.Error, "{Method} {Path} failed.")]
    public static partial void RequestFailed(this ILogger logger, string method, string path, Exception fault);

    [LoggerMessage(1002, LogLevel.Warning, "{Method} {Path} was refused with {Status}: {Reason}")]
    public static partial void RequestRefused(this ILogger logger, string method, string path, int status, string reason);

    [LoggerMessage(1003, LogLevel.Warning, "Could not write the heartbeat of job {JobId}: {Reason} The upload continues.")]
    public static partial void HeartbeatFailed(this ILogger logger, string jobId, string reason);

    [LoggerMessage(1004, LogLevel.Warning, "The upload of job {JobId} was interrupted ({Code}) with {Rows} rows in the log: {Reason}")]
    public static partial void UploadFailed(this ILogger logger, string jobId, string code, long rows, string reason);

    [LoggerMessage(1005, LogLevel.Error, "Could not record the end of the upload of job {JobId}; if the job was created, the job monitor will fail it.")]
    public static partial void UploadNotSettled(this ILogger logger, string jobId, Exception fault);

    [LoggerMessage(1006, LogLevel.Warning, "Could not record the end of the upload of job {JobId}; retrying. {Reason}")]
    public static partial void SettlingRetried(this ILogger logger, string jobId, string reason);

    [LoggerMessage(1007, LogLevel.Warning, "ClickHouse is not ready; retrying. Until then requests that need it are answered 503. {Reason}")]
    public static partial void ClickHouseNotReady(this ILogger logger, string reason);

    [LoggerMessage(1008, LogLevel.Information, "ClickHouse is ready and its tables are up to date.")]
    public static partial void ClickHouseReady(this ILogger logger);

    [LoggerMessage(1009, LogLevel.Warning, "The log is not ready; retrying. Until then uploads are answered 503. {Reason}")]
    public static partial void LogNotReady(this ILogger logger, string reason);

    [LoggerMessage(1010, LogLevel.Information, "The log is ready.")]
    public static partial void LogReady(this ILogger logger);

    [LoggerMessage(1011, LogLevel.Warning, "Job {JobId} is in the log but not yet recorded in ClickHouse; a worker will record it. {Reason}")]
    public static partial void JobNotRecorded(this ILogger logger, string jobId, string reason);

    [LoggerMessage(1012, LogLevel.Information, "Stopping. Open uploads: {Count}. They may finish within {Seconds:0.#} s; new ones are answered 503.")]
    public static partial void WaitingForUploads(this ILogger logger, int count, double seconds);

    [LoggerMessage(1013, LogLevel.Information, "Open uploads: {Count}.")]
    public static partial void UploadsLeft(this ILogger logger, int count);

    [LoggerMessage(1014, LogLevel.Warning, "Uploads that did not finish in time: {Count}. They are ended, and their jobs are FAILED.")]
    public static partial void UploadsEnded(this ILogger logger, int count);
}
