using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Csv;
using Batch.Core.Faults;
using Batch.Core.Jobs;
using Batch.Core.Log;
using Batch.Core.Rejected;
using Batch.Core.Telemetry;

namespace Batch.Api.Jobs;

/// <summary>Takes the rows of a job that has been created to the log, and says how that ended.</summary>
/// <remarks>
/// Whatever happens, the job is settled with the exact figures of what the log has acknowledged: ended, failed with the reason, or,
/// where ClickHouse cannot be told either, left without a sign of life, upon which the job monitor fails it. Settling uses no
/// token of the request: the client that went away is the very reason to settle.
/// </remarks>
internal sealed class JobFeed(
    JobStore jobs, RejectedStore rejected, ILog log, ChunkTopics topics, SharedRecords shared, UploadOptions options, ILogger<JobFeed> logger)
{
    /// <summary>Returns when every row is in the log and the job knows it.</summary>
    /// <param name="cancellationToken">The client's patience.</param>
    /// <exception cref="UploadFailedException">The upload broke off; the job is FAILED, or was over already.</exception>
    public async Task FeedAsync(JobOrder order, IRowSource rows, CancellationToken cancellationToken)
    {
        using var span = BatchSpans.StartUpload(order.Key.TenantId, order.Model.ModelId, order.Key.JobId);
        var headerFits = order.Header.Faults.Count == 0;
        var publisher = new ChunkPublisher(
            log, topics, shared, order, options, mayOvertake: jobs.OpenJobs(order.Key.TenantId) < options.ExpressJobsPerTenant);
        await using var heartbeat = new UploadHeartbeat(jobs, order.Key,
            () => headerFits ? (publisher.Rows, publisher.Chunks) : (rows.RowsSeen, 0),
            TimeSpan.FromSeconds(options.HeartbeatSeconds), logger);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, heartbeat.JobIsOver);
        try
        {
            if (headerFits)
                await PublishAsync(rows, publisher, stop.Token);
            else
                await RefuseHeaderAsync(order, rows, stop.Token);
            FaultPoint.Reached(FaultPoint.UploadAppended);
            await SettleAsync(order.Key, token => headerFits
                ? jobs.UploadEndedAsync(order.Key, publisher.Rows, publisher.Chunks, token)
                : jobs.HeaderFaultAsync(order.Key, rows.RowsSeen, token));
        }
        catch (Exception fault)
        {
            await publisher.DrainQuietlyAsync();
            var jobIsOver = fault is OperationCanceledException && heartbeat.JobIsOver.IsCancellationRequested;
            span.Failed(fault);
            await AbandonAsync(order, fault, jobIsOver, publisher);
            throw new UploadFailedException(order.Key.JobId, jobIsOver
                ? new RequestException(409, "JOB_OVER", $"Job {order.Key.JobId} was cancelled or failed while its file was being uploaded; the rest was not read.")
                : fault);
        }
    }

    static async Task PublishAsync(IRowSource rows, ChunkPublisher publisher, CancellationToken cancellationToken)
    {
        await foreach (var chunk in rows.ReadAsync(cancellationToken))
            await publisher.PublishAsync(chunk, cancellationToken);
        await rows.FinishAsync(cancellationToken);
        await publisher.DrainAsync();
    }

    async Task RefuseHeaderAsync(JobOrder order, IRowSource rows, CancellationToken cancellationToken)
    {
        await rejected.AddHeaderFaultsAsync(order.Key, order.Header.Faults, cancellationToken);
        await rows.CountAsync(cancellationToken);
        await rows.FinishAsync(cancellationToken);
    }

    async Task AbandonAsync(JobOrder order, Exception fault, bool jobIsOver, ChunkPublisher publisher)
    {
        var key = order.Key;
        try
        {
            if (jobIsOver)
            {
                await SettleAsync(key, token => jobs.UploadEndedAsync(key, publisher.Rows, publisher.Chunks, token));
                return;
            }
            var (code, message) = Reason(fault);
            // A label is used up by its job, whatever became of it: what has been loaded must not be loaded again under the same name.
            if (order.Job.Label is not null)
                message += " A new upload of the file needs a new label.";
            logger.UploadFailed(key.JobId, code, publisher.Rows, message);
            await SettleAsync(key, token => jobs.FailUploadAsync(key, code, message, publisher.Rows, publisher.Chunks, token));
        }
        catch (ClickHouseException unsettled)
        {
            logger.UploadNotSettled(key.JobId, unsettled);
        }
    }

    static (string Code, string Message) Reason(Exception fault) => fault switch
    {
        OperationCanceledException or UploadInterruptedException =>
            (FailureCodes.UploadInterrupted, "The upload was interrupted: the connection was lost before the end of the file. Upload the file again."),
        CsvFileException file => (file.Code, file.Message),
        RequestException request => (request.Code, request.Message),
        LogFullException => ("LOG_FULL", $"The upload broke off because the log has no room. {fault.Message}"),
        LogUnavailableException => ("LOG_UNAVAILABLE", $"The upload broke off because the log could not be reached. {fault.Message}"),
        ClickHouseException => ("CLICKHOUSE_UNAVAILABLE", $"The upload broke off because ClickHouse could not be reached. {fault.Message}"),
        _ => ("INTERNAL_ERROR", "The upload broke off because of a fault in the API; its log tells more."),
    };

    /// <summary>Tells ClickHouse how the upload ended; tries again for a while where it does not answer.</summary>
    async Task SettleAsync(JobKey key, Func<CancellationToken, Task> settle)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.SettleSeconds));
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = TimeSpan.FromMilliseconds(Math.Min(2000, pause.TotalMilliseconds * 2)))
        {
            try
            {
                await settle(CancellationToken.None);
                return;
            }
            catch (ClickHouseException fault) when (fault.IsTransient && !limit.IsCancellationRequested)
            {
                RetryMetrics.Retried(RetryMetrics.ClickHouse);
                logger.SettlingRetried(key.JobId, fault.Message);
                await Task.Delay(pause, CancellationToken.None);
            }
        }
    }
}
