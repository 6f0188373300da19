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

        using var activity = BatchSpans.StartChunk(ChunkHeaderCodec.TraceOf(record), header, record.Position, record.Value.Length);
        using var inFlight = ChunkMetrics.Started(time.GetUtcNow() - record.AppendedAt);

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var outcome = ChunkOutcome.Loaded;
                await patience.UntilDoneAsync(async () => outcome = await AttemptAsync(header, record, abandonToken), place, stoppingToken);
                ChunkMetrics.Done(outcome, record.Value.Length);
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested || abandonToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception exception) when (attempt < _maxAttempts && exception is not ChunkFormatException)
            {
                WorkerLog.ChunkFailed(logger, header.JobId, header.Ordinal, attempt, _maxAttempts, exception);
                await patience.WaitAsync(attempt, place, stoppingToken);
            }
            catch (Exception exception)
            {
                WorkerLog.ChunkDead(logger, header.JobId, header.Ordinal, attempt, exception);
                activity.Failed(exception);
                await patience.UntilDoneAsync(() => BuryAsync(header, record, attempt, exception, abandonToken), place, stoppingToken);
                ChunkMetrics.Done(ChunkOutcome.DeadLetter, record.Value.Length);
                return;
            }
        }
    }

    async Task<ChunkOutcome> AttemptAsync(ChunkHeader header, LogRecord record, CancellationToken cancellationToken)
    {
        var job = new JobKey(header.TenantId, header.JobId);
        var started = time.GetUtcNow();
        ChunkGate gate;
        using (ChunkMetrics.Time(ChunkStage.Gate))
            gate = await jobs.GateAsync(job, header.Ordinal, cancellationToken);
        if (gate.HasReceipt)
            return ChunkOutcome.Duplicate;

        var model = await models.GetVersionAsync(header.TenantId, header.ModelId, header.ModelVersion, cancellationToken);
        if (model is null)
        {
            await jobs.FailAsync(job, FailureCodes.ModelDeleted, $"The model {header.ModelId} is gone.", cancellationToken);
            return await AbandonAsync(header, header.ModelId, started, cancellationToken);
        }

        // A job that is over gets no more rows, except those of a chunk that was already inserted when the worker before us
        // died: they are in the table, so they must be counted as loaded.
        if (gate.JobIsOver && await CountRowsAsync(job, header, cancellationToken) == (0, 0))
            return await AbandonAsync(header, model.Name, started, cancellationToken);
        if (header.MaxErrors is { } budget && gate.ErrorsSoFar > budget && !gate.JobIsOver)
        {
            await FailOverBudgetAsync(job, budget, cancellationToken);
            return await AbandonAsync(header, model.Name, started, cancellationToken);
        }

        jobs.ChunkStarted(job);
        ChunkFigures figures;
        try
        {
            figures = await loader.LoadAsync(header, model, record.Value, cancellationToken);
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            await jobs.FailAsync(job, FailureCodes.ModelDeleted, $"The table {model.Table} was dropped.", cancellationToken);
            return await AbandonAsync(header, model.Name, started, cancellationToken);
        }

        await ReceiptAsync(header, started, figures.Success, figures.Errors, cancellationToken);
        FaultPoint.Reached(FaultPoint.ReceiptInserted, header.Ordinal);
        figures.Count(model.Name);
        if (header.MaxErrors is { } limit && gate.ErrorsSoFar + figures.Errors > limit && !gate.JobIsOver)
            await FailOverBudgetAsync(job, limit, cancellationToken);
        return ChunkOutcome.Loaded;
    }

    Task<(long Loaded, long Rejected)> CountRowsAsync(JobKey job, ChunkHeader header, CancellationToken cancellationToken) =>
        jobs.CountRowsAsync(job, header.ModelId, header.FirstRow, header.LastRow, cancellationToken);

    Task FailOverBudgetAsync(JobKey job, long budget, CancellationToken cancellationToken) => jobs.FailAsync(
        job, FailureCodes.ErrorBudgetExceeded, $"More than {budget:N0} rows were rejected, which is the job's max_errors.", cancellationToken);

    async Task<ChunkOutcome> AbandonAsync(ChunkHeader header, string model, DateTimeOffset started, CancellationToken cancellationToken)
    {
        await ReceiptAsync(header, started, 0, 0, cancellationToken);
        RowMetrics.Abandoned(model, header.Rows);
        return ChunkOutcome.Abandoned;
    }

    async Task ReceiptAsync(ChunkHeader header, DateTimeOffset started, long success, long errors, CancellationToken cancellationToken)
    {
        using var stage = ChunkMetrics.Time(ChunkStage.Receipt);
        await jobs.AddReceiptAsync(new Receipt
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
        }, cancellationToken);
    }

    /// <summary>A chunk that fails every time: kept with its reason, its job failed, its rows abandoned but for those that got into the tables.</summary>
    async Task BuryAsync(ChunkHeader header, LogRecord record, int attempts, Exception reason, CancellationToken cancellationToken)
    {
        var started = time.GetUtcNow();
        await deadLetters.AddAsync(header, record, attempts, reason, cancellationToken);
        await jobs.FailAsync(
            new JobKey(header.TenantId, header.JobId), FailureCodes.DeadLetter,
            $"Chunk {header.Ordinal} (rows {header.FirstRow} to {header.LastRow}) failed {attempts} times and was kept as the dead letter "
            + $"{new DeadLetterId(header.JobId, header.Ordinal)}: {reason.Message}",
            cancellationToken);
        var (loaded, rejected) = await CountRowsAsync(new JobKey(header.TenantId, header.JobId), header, cancellationToken);
        await ReceiptAsync(header, started, loaded, rejected, cancellationToken);
        RowMetrics.Abandoned(header.ModelId, (int)(header.Rows - loaded - rejected));
    }
}
