using System.Diagnostics;
using Batch.Api.Publishing;
using Batch.Client;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Faults;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Log;
using Batch.Core.Rejected;
using Batch.Core.Telemetry;
using Batch.Csv;
using Batch.Primitives;

namespace Batch.Api.Uploads;

/// <summary>Publishes the rows of a job to the log, and records the outcome.</summary>
/// <remarks>
/// Whatever happens, the upload is settled with the exact counts that the log has acknowledged: ended, failed with the reason, or,
/// if ClickHouse is unreachable too, left without heartbeats, so that the job monitor fails the job. Settling does not use the request's
/// cancellation token: a client that disconnects is a reason to settle.
/// <para>A job that its record creates (<see cref="UploadPlan.IsMadeByItsRecord"/>) takes the same path, but nothing is written to ClickHouse here: the record
/// describes the job, its creation and the end of its upload. If the log does not acknowledge the record, it may have it all the
/// same. Then the job is written as failed, and a worker that finds the record loads nothing.</para>
/// </remarks>
internal sealed class UploadPipeline(
    JobReader jobs, JobWriter writer, RejectedStore rejected, ILog log, ChunkTopics topics, SmallUploadBatcher shared,
    UploadOptions options, TimeProvider time, ILogger<UploadPipeline> logger)
{
    static readonly Backoff SettleRetries = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));

    /// <summary>Waits until every row is in the log and the job is visible in ClickHouse, and returns its status.</summary>
    /// <param name="cancellationToken">The client's; a chunk that creates its job is appended even if it is cancelled.</param>
    /// <exception cref="UploadFailedException">
    /// The upload was interrupted; the job is FAILED, or was over already. Or the job is in the log, but not yet recorded in ClickHouse.
    /// </exception>
    public async Task<Job> RunAsync(UploadPlan plan, IRowSource rows, CancellationToken cancellationToken)
    {
        using var span = BatchSpans.StartUpload(plan.Key.TenantId, plan.Model.ModelId, plan.Key.JobId);
        var begunAt = Stopwatch.GetTimestamp();
        var headerFits = plan.HeaderFits;
        var publisher = new ChunkPublisher(
            log, topics, shared, plan, options, mayOvertake: writer.OpenJobs(plan.Key.TenantId) < options.ExpressJobsPerTenant);
        await using var heartbeat = plan.IsMadeByItsRecord ? null : new UploadHeartbeat(jobs, writer, plan.Upload,
            () => headerFits ? (publisher.Rows, publisher.Chunks) : (rows.RowsSeen, 0),
            TimeSpan.FromSeconds(options.HeartbeatSeconds), logger);
        using var stop = heartbeat is null ? new() : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, heartbeat.JobIsOver);
        try
        {
            if (headerFits)
                await PublishAsync(plan, rows, publisher, stop.Token);
            else
                await RefuseHeaderAsync(plan, rows, stop.Token);
            FaultPoint.Reached(FaultPoint.UploadAppended);
            if (!plan.IsMadeByItsRecord)
                await SettleAsync(plan.Key, token => headerFits
                    ? writer.UploadEndedAsync(plan.Upload, publisher.Rows, publisher.Chunks, new(rows.BlankLines, plan.Digest?.Hex), token)
                    : writer.HeaderFaultAsync(plan.Key, rows.RowsSeen, plan.Header.Cause, token));
        }
        catch (Exception fault)
        {
            await publisher.DrainQuietlyAsync();
            var jobIsOver = fault is OperationCanceledException && heartbeat?.JobIsOver.IsCancellationRequested == true;
            span.Failed(fault);
            await AbandonAsync(plan, fault, jobIsOver, publisher);
            throw new UploadFailedException(plan.Key.JobId, jobIsOver ? await JobOverAsync(plan.Key) : fault);
        }
        return plan.IsMadeByItsRecord ? await AcceptAsync(plan, publisher.Rows, begunAt)
            : await jobs.StatusAsync(plan.Key.TenantId, plan.Key.JobId, CancellationToken.None)
                ?? throw new InvalidOperationException($"Job {plan.Key.JobId} was created but cannot be found.");
    }

    /// <summary>Waits for the job that a record in the log creates.</summary>
    async Task<Job> AcceptAsync(UploadPlan plan, long rows, long begunAt)
    {
        try
        {
            return await SettleAsync(plan.Key, token => writer.AcceptSingleChunkAsync(plan.Job, rows, begunAt, token));
        }
        catch (ClickHouseException fault)
        {
            logger.JobNotRecorded(plan.Key.JobId, fault.Message);
            throw new UploadFailedException(plan.Key.JobId, new RequestException(503, "CLICKHOUSE_UNAVAILABLE",
                $"The file is in the log, and job {plan.Key.JobId} will load it as soon as ClickHouse answers: do not submit it again. {fault.Message}"));
        }
    }

    async Task<RequestException> JobOverAsync(JobKey key)
    {
        Job? job = null;
        try
        {
            // A stop is undecided for some milliseconds; only then is its outcome known.
            for (var look = 0; look < 20 && job is not { IsOver: true }; look++)
            {
                if (look > 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(100), time, CancellationToken.None);
                job = await jobs.StatusAsync(key.TenantId, key.JobId, CancellationToken.None);
            }
        }
        catch (ClickHouseException)
        {
            // The caller has to look up the job.
        }
        return new(409, "JOB_OVER", job switch
        {
            { State: JobState.Cancelled } => $"Job {key.JobId} was cancelled while its file was being uploaded; the rest was not read.",
            { State: JobState.Failed } => $"Job {key.JobId} failed while its file was being uploaded, and the rest was not read: {job.Failure}",
            _ => $"Job {key.JobId} was stopped while its file was being uploaded; the rest was not read.",
        });
    }

    static async Task PublishAsync(UploadPlan plan, IRowSource rows, ChunkPublisher publisher, CancellationToken cancellationToken)
    {
        var chunks = 0;
        await foreach (var chunk in rows.ReadAsync(cancellationToken))
        {
            chunks++;
            if (IsLoaded(plan, chunk))
                chunk.Dispose();
            else
                await publisher.PublishAsync(chunk, cancellationToken);
        }
        await rows.FinishAsync(cancellationToken);
        if (plan.Loaded?.GoBeyond(chunks) == true)
            throw LabelProblems.ContentDiffers(plan.Job, "it ends before the last row that was loaded");
        await publisher.DrainAsync();
    }

    /// <summary>Whether an earlier attempt has loaded the chunk. The file is cut as it was then, so the same file gives the same chunks.</summary>
    static bool IsLoaded(UploadPlan plan, OutgoingChunk chunk)
    {
        if (plan.Loaded?.IsDone(chunk.Ordinal, chunk.Rows, chunk.Checksum) is { } isDone)
            return isDone;
        if (plan.Loaded is null)
            return false;
        chunk.Dispose();
        throw LabelProblems.ContentDiffers(plan.Job, $"rows {chunk.FirstRow} to {chunk.FirstRow + chunk.Rows - 1} are not those that were loaded");
    }

    async Task RefuseHeaderAsync(UploadPlan plan, IRowSource rows, CancellationToken cancellationToken)
    {
        await rejected.AddHeaderFaultsAsync(plan.Key, plan.Header.Faults, cancellationToken);
        await rows.CountAsync(cancellationToken);
        await rows.FinishAsync(cancellationToken);
    }

    async Task AbandonAsync(UploadPlan plan, Exception fault, bool jobIsOver, ChunkPublisher publisher)
    {
        var key = plan.Key;
        try
        {
            if (jobIsOver)
            {
                await SettleAsync(key, token => writer.UploadEndedAsync(plan.Upload, publisher.Rows, publisher.Chunks, default, token));
                return;
            }
            var (code, message) = Reason(fault);
            logger.UploadFailed(key.JobId, code, publisher.Rows, message);
            await SettleAsync(key, async token =>
            {
                if (plan.IsMadeByItsRecord)
                    await writer.CreateAsync(plan.Job, token);
                await writer.FailUploadAsync(plan.Upload, code, message, publisher.Rows, publisher.Chunks, token);
            });
        }
        catch (ClickHouseException unsettled)
        {
            logger.UploadNotSettled(key.JobId, unsettled);
        }
    }

    static (string Code, string Message) Reason(Exception fault) => fault switch
    {
        UploadInterruptedException { IsByStop: true } =>
            (FailureCodes.UploadInterrupted, "The upload was interrupted: the API was stopped before the end of the file. Submit the file again."),
        OperationCanceledException or UploadInterruptedException =>
            (FailureCodes.UploadInterrupted, "The upload was interrupted: the connection was lost before the end of the file. Upload the file again."),
        CsvFileException file => (file.Code, file.Message),
        RequestException request => (request.Code, request.Message),
        LogFullException => ("LOG_FULL", $"The upload was interrupted because the log has no space. {fault.Message}"),
        LogUnavailableException => (FailureCodes.LogUnavailable, $"The upload was interrupted because the log could not be reached. {fault.Message}"),
        ClickHouseException => ("CLICKHOUSE_UNAVAILABLE", $"The upload was interrupted because ClickHouse could not be reached. {fault.Message}"),
        _ => (FailureCodes.InternalError, "The upload was interrupted by an error in the API; its log has details."),
    };

    /// <summary>Records in ClickHouse how the upload ended; retries for a while if it does not answer.</summary>
    Task SettleAsync(JobKey key, Func<CancellationToken, Task> settle) => SettleAsync(key, async token =>
    {
        await settle(token);
        return true;
    });

    async Task<T> SettleAsync<T>(JobKey key, Func<CancellationToken, Task<T>> settle)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.SettleSeconds), time);
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await settle(CancellationToken.None);
            }
            catch (ClickHouseException fault) when (fault.IsTransient && !limit.IsCancellationRequested)
            {
                RetryMetrics.Retried(RetryMetrics.ClickHouse);
                logger.SettlingRetried(key.JobId, fault.Message);
                await Task.Delay(SettleRetries.After(failures), time, CancellationToken.None);
            }
        }
    }
}
