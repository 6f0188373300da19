using System.Diagnostics;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.DeadLetters;
using Batch.Core.Faults;
using Batch.Core.Jobs;
using Batch.Core.Log;
using Batch.Core.Models;
using Batch.Core.Telemetry;
using Microsoft.Extensions.Options;

namespace Batch.Worker.Chunks;

/// <summary>Brings one chunk to its receipt, whatever it takes.</summary>
/// <remarks>
/// Exactly once, in this order: gate (receipt there? job over?) → validate → insert good rows → insert rejected rows → receipt.
/// Every insert carries a token made of job and ordinal and validation is deterministic, so any step may be repeated, by this
/// worker or another. A fault that passes is waited for; one that does not becomes a dead letter: the partition always moves on.
/// </remarks>
internal sealed class ChunkProcessor(
    ModelStore models, JobStore jobs, ChunkLoader loader, DeadLetterStore deadLetters,
    Patience patience, IOptions<WorkerOptions> options, TimeProvider time, ILogger<ChunkProcessor> logger)
{
    readonly int _maxAttempts = options.Value.MaxAttempts;

    public async Task ProcessAsync(LogRecord record, Place place, CancellationToken stoppingToken, CancellationToken abandonToken)
    {
        FaultPoint.Reached(FaultPoint.ChunkTaken);
        ChunkHeader header;
        try
        {
            header = ChunkHeaderCodec.Decode(record);
        }
        catch (ChunkFormatException exception)
        {
            // Nobody's chunk: without a header there is no job to fail. Kept for a person to look at.
            WorkerLog.RecordUnreadable(logger, record.Position.Topic, record.Position.Partition, record.Position.Offset, exception.Message);
            await patience.UntilDoneAsync(() => deadLetters.AddUnreadableAsync(record, exception.Message, abandonToken), place, stoppingToken);
            return;
        }

        using var activity = BatchTelemetry.StartChunk(ChunkHeaderCodec.TraceOf(record), header.JobId, header.Ordinal, header.Rows, record.Value.Length);
        using var inFlight = WorkerMetrics.ChunkInFlight();
        WorkerMetrics.QueueWait(time.GetUtcNow() - record.AppendedAt);

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await patience.UntilDoneAsync(() => AttemptAsync(header, record, abandonToken), place, stoppingToken);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested || abandonToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception exception) when (attempt < _maxAttempts)
            {
                WorkerLog.ChunkFailed(logger, header.JobId, header.Ordinal, attempt, _maxAttempts, exception);
                await patience.WaitAsync(attempt, place, stoppingToken);
            }
            catch (Exception exception)
            {
                WorkerLog.ChunkDead(logger, header.JobId, header.Ordinal, attempt, exception);
                activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
                await patience.UntilDoneAsync(() => BuryAsync(header, record, attempt, exception, abandonToken), place, stoppingToken);
                return;
            }
        }
    }

    async Task AttemptAsync(ChunkHeader header, LogRecord record, CancellationToken cancellationToken)
    {
        var job = new JobKey(header.TenantId, header.JobId);
        var started = time.GetUtcNow();
        var gate = await Stages.TimeAsync(Stages.Gate, () => jobs.GateAsync(job, header.Ordinal, cancellationToken));
        if (gate.HasReceipt)
            return;

        var model = await models.GetVersionAsync(header.TenantId, header.ModelId, header.ModelVersion, cancellationToken);
        if (model is null)
        {
            await jobs.FailAsync(job, JobFailures.ModelDeleted, $"The model {header.ModelId} is gone.", cancellationToken);
            await AbandonAsync(header, started, cancellationToken);
            return;
        }

        // A job that is over gets no more rows, except those of a chunk that was already inserted when the worker before us
        // died: they are in the table, so they must be counted as loaded.
        if (gate.JobIsOver && !await loader.IsLoadedAsync(header, model, cancellationToken))
        {
            await AbandonAsync(header, started, cancellationToken);
            return;
        }
        if (header.MaxErrors is { } budget && gate.ErrorsSoFar > budget && !gate.JobIsOver)
        {
            await FailOverBudgetAsync(job, budget, cancellationToken);
            await AbandonAsync(header, started, cancellationToken);
            return;
        }

        jobs.ChunkStarted(job);
        ChunkFigures figures;
        try
        {
            figures = await loader.LoadAsync(header, model, record.Value, cancellationToken);
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            await jobs.FailAsync(job, JobFailures.ModelDeleted, $"The table {model.Table} was dropped.", cancellationToken);
            await AbandonAsync(header, started, cancellationToken);
            return;
        }

        await ReceiptAsync(header, started, figures.Success, figures.Errors, cancellationToken);
        if (header.MaxErrors is { } limit && gate.ErrorsSoFar + figures.Errors > limit && !gate.JobIsOver)
            await FailOverBudgetAsync(job, limit, cancellationToken);
        FaultPoint.Reached(FaultPoint.ReceiptInserted, header.Ordinal);
    }

    Task FailOverBudgetAsync(JobKey job, long budget, CancellationToken cancellationToken) => jobs.FailAsync(
        job, JobFailures.ErrorBudgetExceeded, $"More than {budget:N0} rows were rejected, which is the job's max_errors.", cancellationToken);

    Task AbandonAsync(ChunkHeader header, DateTimeOffset started, CancellationToken cancellationToken) =>
        ReceiptAsync(header, started, 0, 0, cancellationToken);

    Task ReceiptAsync(ChunkHeader header, DateTimeOffset started, long success, long errors, CancellationToken cancellationToken) =>
        Stages.TimeAsync(Stages.Receipt, () => jobs.AddReceiptAsync(new Receipt
        {
            TenantId = header.TenantId,
            JobId = header.JobId,
            Ordinal = header.Ordinal,
            Rows = header.Rows,
            Success = success,
            Errors = errors,
            Abandoned = header.Rows - success - errors,
            StartedAt = started,
            FinishedAt = time.GetUtcNow(),
            Worker = Environment.MachineName,
        }, cancellationToken));

    /// <summary>A chunk that fails every time: kept with its reason, its rows abandoned, its job failed.</summary>
    async Task BuryAsync(ChunkHeader header, LogRecord record, int attempts, Exception reason, CancellationToken cancellationToken)
    {
        var started = time.GetUtcNow();
        await deadLetters.AddAsync(header, record, attempts, reason, cancellationToken);
        await jobs.FailAsync(
            new JobKey(header.TenantId, header.JobId), JobFailures.DeadLetter,
            $"Chunk {header.Ordinal} (rows {header.FirstRow} to {header.FirstRow + header.Rows - 1}) failed {attempts} times: {reason.Message}",
            cancellationToken);
        await AbandonAsync(header, started, cancellationToken);
        WorkerMetrics.DeadLetter();
    }
}
