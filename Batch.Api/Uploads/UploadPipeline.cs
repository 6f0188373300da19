using System.Diagnostics;
using Batch.Api.Publishing;
using Batch.Client;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Faults;
using Batch.Core.Jobs;
using Batch.Core.Log;
using Batch.Core.Rejected;
using Batch.Core.Telemetry;
using Batch.Csv;

namespace Batch.Api.Uploads;

/// <summary>Takes the rows of a job to the log, and says how that ended.</summary>
/// <remarks>
/// Whatever happens, the job is settled with the exact figures of what the log has acknowledged: ended, failed with the reason, or,
/// where ClickHouse cannot be told either, left without a heartbeat, upon which the job monitor fails it. Settling uses no
/// token of the request: the client that went away is the very reason to settle.
/// <para>A job that its record makes (<see cref="UploadPlan.IsMadeByItsRecord"/>) goes the same way, but that nothing need be written of it: the record tells all
/// there is, its creation and the end of its upload among it. Where the log does not say that it has the record, it may have it all the
/// same: so there is a job then too, which has failed, and a worker that finds the record loads nothing.</para>
/// </remarks>
internal sealed class UploadPipeline(
    JobStore jobs, RejectedStore rejected, ILog log, ChunkTopics topics, SmallUploadBatcher shared, UploadOptions options, ILogger<UploadPipeline> logger)
{
    /// <summary>Returns when every row is in the log and there is a job for all to see: what has become of it by then.</summary>
    /// <param name="cancellationToken">The client's timeout; a chunk that is here and makes its job is appended all the same.</param>
    /// <exception cref="UploadFailedException">
    /// The upload broke off; the job is FAILED, or was over already. Or the job is in the log, and ClickHouse has not heard of it yet.
    /// </exception>
    public async Task<Job> FeedAsync(UploadPlan order, IRowSource rows, CancellationToken cancellationToken)
    {
        using var span = BatchSpans.StartUpload(order.Key.TenantId, order.Model.ModelId, order.Key.JobId);
        var begunAt = Stopwatch.GetTimestamp();
        var headerFits = order.HeaderFits;
        var publisher = new ChunkPublisher(
            log, topics, shared, order, options, mayOvertake: jobs.OpenJobs(order.Key.TenantId) < options.ExpressJobsPerTenant);
        await using var heartbeat = order.IsMadeByItsRecord ? null : new UploadHeartbeat(jobs, order.Upload,
            () => headerFits ? (publisher.Rows, publisher.Chunks) : (rows.RowsSeen, 0),
            TimeSpan.FromSeconds(options.HeartbeatSeconds), logger);
        using var stop = heartbeat is null ? new() : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, heartbeat.JobIsOver);
        try
        {
            if (headerFits)
                await PublishAsync(order, rows, publisher, stop.Token);
            else
                await RefuseHeaderAsync(order, rows, stop.Token);
            FaultPoint.Reached(FaultPoint.UploadAppended);
            if (!order.IsMadeByItsRecord)
                await SettleAsync(order.Key, token => headerFits
                    ? jobs.UploadEndedAsync(order.Upload, publisher.Rows, publisher.Chunks, new(rows.BlankLines, order.Digest?.Hex), token)
                    : jobs.HeaderFaultAsync(order.Key, rows.RowsSeen, order.Header.Cause, token));
        }
        catch (Exception fault)
        {
            await publisher.DrainQuietlyAsync();
            var jobIsOver = fault is OperationCanceledException && heartbeat?.JobIsOver.IsCancellationRequested == true;
            span.Failed(fault);
            await AbandonAsync(order, fault, jobIsOver, publisher);
            throw new UploadFailedException(order.Key.JobId, jobIsOver ? await JobOverAsync(order.Key) : fault);
        }
        return order.IsMadeByItsRecord ? await AcceptAsync(order, publisher.Rows, begunAt)
            : await jobs.StatusAsync(order.Key.TenantId, order.Key.JobId, CancellationToken.None)
                ?? throw new InvalidOperationException($"Job {order.Key.JobId} was created but cannot be found.");
    }

    /// <summary>The job that a record in the log makes, as soon as there is one.</summary>
    async Task<Job> AcceptAsync(UploadPlan order, long rows, long begunAt)
    {
        try
        {
            return await SettleAsync(order.Key, token => jobs.AcceptWholeAsync(order.Job, rows, begunAt, token));
        }
        catch (ClickHouseException fault)
        {
            logger.WholeJobUnheardOf(order.Key.JobId, fault.Message);
            throw new UploadFailedException(order.Key.JobId, new RequestException(503, "CLICKHOUSE_UNAVAILABLE",
                $"The file is in the log, and job {order.Key.JobId} will load it as soon as ClickHouse answers: do not submit it again. {fault.Message}"));
        }
    }

    async Task<RequestException> JobOverAsync(JobKey key)
    {
        Job? job = null;
        try
        {
            // A stop is undecided for some milliseconds; only then is it known what it came to.
            for (var look = 0; look < 20 && job is not { IsOver: true }; look++)
            {
                if (look > 0)
                    await Task.Delay(100, CancellationToken.None);
                job = await jobs.StatusAsync(key.TenantId, key.JobId, CancellationToken.None);
            }
        }
        catch (ClickHouseException)
        {
            // What became of it the caller has to look up.
        }
        return new(409, "JOB_OVER", job switch
        {
            { State: JobState.Cancelled } => $"Job {key.JobId} was cancelled while its file was being uploaded; the rest was not read.",
            { State: JobState.Failed } => $"Job {key.JobId} failed while its file was being uploaded, and the rest was not read: {job.Failure}",
            _ => $"Job {key.JobId} was stopped while its file was being uploaded; the rest was not read.",
        });
    }

    static async Task PublishAsync(UploadPlan order, IRowSource rows, ChunkPublisher publisher, CancellationToken cancellationToken)
    {
        var chunks = 0;
        await foreach (var chunk in rows.ReadAsync(cancellationToken))
        {
            chunks++;
            if (IsLoaded(order, chunk))
                chunk.Dispose();
            else
                await publisher.PublishAsync(chunk, cancellationToken);
        }
        await rows.FinishAsync(cancellationToken);
        if (order.Loaded?.GoBeyond(chunks) == true)
            throw LabelProblems.ContentDiffers(order.Job, "it ends before the last row that was loaded");
        await publisher.DrainAsync();
    }

    /// <summary>Whether an earlier attempt has loaded the chunk. The file is cut as it was then, so the same file gives the same chunks.</summary>
    static bool IsLoaded(UploadPlan order, OutgoingChunk chunk)
    {
        if (order.Loaded?.IsDone(chunk.Ordinal, chunk.Rows, chunk.Checksum) is { } isDone)
            return isDone;
        if (order.Loaded is null)
            return false;
        chunk.Dispose();
        throw LabelProblems.ContentDiffers(order.Job, $"rows {chunk.FirstRow} to {chunk.FirstRow + chunk.Rows - 1} are not those that were loaded");
    }

    async Task RefuseHeaderAsync(UploadPlan order, IRowSource rows, CancellationToken cancellationToken)
    {
        await rejected.AddHeaderFaultsAsync(order.Key, order.Header.Faults, cancellationToken);
        await rows.CountAsync(cancellationToken);
        await rows.FinishAsync(cancellationToken);
    }

    async Task AbandonAsync(UploadPlan order, Exception fault, bool jobIsOver, ChunkPublisher publisher)
    {
        var key = order.Key;
        try
        {
            if (jobIsOver)
            {
                await SettleAsync(key, token => jobs.UploadEndedAsync(order.Upload, publisher.Rows, publisher.Chunks, default, token));
                return;
            }
            var (code, message) = Reason(fault);
            logger.UploadFailed(key.JobId, code, publisher.Rows, message);
            await SettleAsync(key, async token =>
            {
                if (order.IsMadeByItsRecord)
                    await jobs.CreateAsync(order.Job, token);
                await jobs.FailUploadAsync(order.Upload, code, message, publisher.Rows, publisher.Chunks, token);
            });
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
        LogFullException => ("LOG_FULL", $"The upload was interrupted because the log has no space. {fault.Message}"),
        LogUnavailableException => (FailureCodes.LogUnavailable, $"The upload was interrupted because the log could not be reached. {fault.Message}"),
        ClickHouseException => ("CLICKHOUSE_UNAVAILABLE", $"The upload was interrupted because ClickHouse could not be reached. {fault.Message}"),
        _ => (FailureCodes.InternalError, "The upload was interrupted by an error in the API; its log has details."),
    };

    /// <summary>Tells ClickHouse how the upload ended; tries again for a while where it does not answer.</summary>
    Task SettleAsync(JobKey key, Func<CancellationToken, Task> settle) => SettleAsync(key, async token =>
    {
        await settle(token);
        return true;
    });

    async Task<T> SettleAsync<T>(JobKey key, Func<CancellationToken, Task<T>> settle)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.SettleSeconds));
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = TimeSpan.FromMilliseconds(Math.Min(2000, pause.TotalMilliseconds * 2)))
        {
            try
            {
                return await settle(CancellationToken.None);
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
