using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.DeadLetters;
using Batch.Core.Faults;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Audit;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Core.Log;
using Batch.Core.Models;
using Batch.Core.Telemetry;
using Microsoft.Extensions.Options;

namespace Batch.Worker.Chunks;

/// <summary>Takes the chunks of one record to their receipts, with as many attempts as needed.</summary>
/// <remarks>
/// Exactly once, in this order: gate (is there a receipt? is the job over? is the attempt superseded?) → validate → insert good rows →
/// insert rejected rows → receipt.
/// Every insert carries a token made of the record's jobs and validation is deterministic, so this worker or another may repeat any
/// step. If ClickHouse may have crashed in between, the tables are checked as well. A fault that is not the chunk's own is retried until it
/// passes; one that is becomes a dead letter, and the partition moves on.
/// Most records are one chunk. Small chunks of several jobs may share a record: it is loaded as one, with
/// the same few inserts, and each of its chunks has its own gate and its own receipt.
/// </remarks>
internal sealed class ChunkProcessor(
    ModelStore models, JobReader jobs, JobWriter writer, RowAudit audit, ChunkLoader loader, DeadLetterStore deadLetters,
    TransientFaultRetry retry, WaitingRecords waiting, IOptions<WorkerOptions> options, TimeProvider time, ILogger<ChunkProcessor> logger)
{
    readonly Delivery _delivery = new(options.Value, time);
    readonly int _maxAttempts = options.Value.MaxAttempts;

    public async Task ProcessAsync(LogRecord record, InFlightSlot slot, CancellationToken stoppingToken, CancellationToken abandonToken)
    {
        FaultPoint.Reached(FaultPoint.ChunkTaken);
        IReadOnlyList<LoggedChunk> chunks;
        try
        {
            chunks = ChunkHeaderCodec.Decode(record);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Without a readable header there is no job to fail. Kept for a person to inspect.
            WorkerLogMessages.RecordUnreadable(logger, record.Position.Topic, record.Position.Partition, record.Position.Offset, exception.Message);
            await retry.UntilDoneWhateverFailsAsync(() => deadLetters.AddUnreadableAsync(record, exception.Message, abandonToken), slot, stoppingToken);
            return;
        }
        slot.Chunk = chunks[0].Header;

        using var spans = new ChunkSpans(chunks, record.Position);
        using var inFlight = ChunkMetrics.Started(chunks.Count, time.GetUtcNow() - record.AppendedAt);
        var token = ChunkToken.Of(chunks);
        // After one attempt there may be receipts.
        var isFirst = _delivery.IsFirst(record, chunks);
        async Task AttemptOnceAsync()
        {
            var wasFirst = isFirst;
            isFirst = false;
            Done(chunks, await AttemptAsync(chunks, token, slot, wasFirst, abandonToken));
        }
        for (var attempt = 1; chunks.Count > 0; attempt++)
        {
            try
            {
                await retry.UntilDoneAsync(AttemptOnceAsync, slot, stoppingToken);
                return;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested || abandonToken.IsCancellationRequested || slot.IsLost)
            {
                // Redelivered: to this worker when it is back, or to whoever has the partition now.
                throw;
            }
            catch (Exception exception) when (
                attempt < _maxAttempts && exception is not (ChunkFormatException or ChunkValidationException { IsForGood: true }))
            {
                WorkerLogMessages.ChunkFailed(logger, chunks[0].Header.JobId, chunks[0].Header.Ordinal, attempt, _maxAttempts, exception);
                await retry.WaitAsync(attempt, slot, stoppingToken);
            }
            catch (Exception exception)
            {
                var unfit = exception is ChunkValidationException some ? some.Unfit : [.. chunks.Select(chunk => (chunk, exception))];
                foreach (var (chunk, reason) in unfit)
                {
                    WorkerLogMessages.ChunkDead(logger, chunk.Header.JobId, chunk.Header.Ordinal, attempt, reason);
                    spans.Failed(chunk, reason);
                    await retry.UntilDoneWhateverFailsAsync(() => DeadLetterAsync(chunk, attempt, reason, abandonToken), slot, stoppingToken);
                    Done([chunk], [ChunkOutcome.DeadLetter]);
                }
                chunks = [.. chunks.Except(unfit.Select(found => found.Chunk))];
                attempt = 0;
            }
        }
    }

    static void Done(IReadOnlyList<LoggedChunk> chunks, ReadOnlySpan<ChunkOutcome> outcomes)
    {
        for (var i = 0; i < outcomes.Length; i++)
            ChunkMetrics.Done(outcomes[i], chunks[i].Bytes.Length);
    }

    /// <summary>One attempt at a record, by its case (<see cref="Delivery"/>).</summary>
    async Task<ChunkOutcome[]> AttemptAsync(
        IReadOnlyList<LoggedChunk> chunks, string token, InFlightSlot slot, bool isFirst, CancellationToken cancellationToken)
    {
        var started = time.GetUtcNow();
        var begun = time.GetTimestamp();
        var outcomes = new ChunkOutcome[chunks.Count];
        Array.Fill(outcomes, ChunkOutcome.Duplicate);
        var gates = isFirst ? new ChunkPrecheck[chunks.Count] : await AskAsync(chunks, cancellationToken);
        var left = await LeaveOutDoneAsync(chunks, gates, started, cancellationToken);
        if (left.Count == 0)
            return outcomes;

        var (tenantId, modelId, version) = (chunks[0].Header.TenantId, chunks[0].Header.ModelId, chunks[0].Header.ModelVersion);
        if (await models.GetVersionAsync(tenantId, modelId, version, cancellationToken) is not { } model)
            return await AbandonDeletedAsync(chunks, left, outcomes, modelId, $"The model {modelId} is gone.", started, cancellationToken);
        var over = await FindOverAsync(chunks, left, gates, cancellationToken);
        await Task.WhenAll(over.Select(async i => outcomes[i] = await AbandonAsync(chunks[i], model.Name, started, cancellationToken)));
        left.RemoveAll(over.Contains);
        if (left.Count == 0)
            return outcomes;

        foreach (var i in left)
            writer.ChunkStarted(JobKey.Of(chunks[i].Header));
        var delivery = Delivery.CaseOf(isFirst, left.Select(i => gates[i]));
        LoadFigures figures;
        try
        {
            figures = await loader.LoadAsync([.. left.Select(i => chunks[i])], token, model, delivery == DeliveryCase.AfterRestart, cancellationToken);
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            // Which table? A system table is made again, and is waited for.
            if (await loader.HasTableAsync(model, cancellationToken))
                throw;
            return await AbandonDeletedAsync(chunks, left, outcomes, model.Name, $"The table {model.Table} was dropped.", started, cancellationToken);
        }
        waiting.Loaded(slot);
        if (_delivery.MayHaveSleptThroughRestart(delivery, time.GetElapsedTime(begun)) && await SawRestartAsync(chunks[left[0]].Header, cancellationToken))
            return await AttemptAsync(chunks, token, slot, isFirst: false, cancellationToken);

        var isTakenOver = _delivery.MayBeTakenOver(chunks, slot.IsLost, time.GetElapsedTime(begun));
        await Task.WhenAll(left.Select(async (i, n) =>
        {
            var header = chunks[i].Header;
            var (success, errors) = isTakenOver && await jobs.HasReceiptAsync(JobKey.Of(header), header.Ordinal, cancellationToken)
                ? await CountRowsAsync(chunks[i], cancellationToken)
                : (header.Rows - figures.ErrorsByChunk[n], figures.ErrorsByChunk[n]);
            await ReceiptAsync(chunks[i], model.Name, started, success, errors, cancellationToken);
        }));
        figures.Count(model.Name);
        for (var n = 0; n < left.Count; n++)
        {
            var (header, gate) = (chunks[left[n]].Header, gates[left[n]]);
            FaultPoint.Reached(FaultPoint.ReceiptInserted, header.Ordinal);
            if (header.MaxErrors is { } limit && gate.ErrorsSoFar + figures.ErrorsByChunk[n] > limit && !gate.JobIsOver)
                await FailOverBudgetAsync(JobKey.Of(header), limit, cancellationToken);
            outcomes[left[n]] = ChunkOutcome.Loaded;
        }
        return outcomes;
    }

    async Task<ChunkPrecheck[]> AskAsync(IReadOnlyList<LoggedChunk> chunks, CancellationToken cancellationToken)
    {
        using var stage = ChunkMetrics.Time(ChunkStage.Gate);
        return await Task.WhenAll(chunks.Select(chunk => jobs.PrecheckAsync(JobKey.Of(chunk.Header), chunk.Header.Ordinal, cancellationToken)));
    }

    /// <summary>The remaining chunks: not done, not of a superseded attempt, and not of another file than the one loaded.</summary>
    async Task<List<int>> LeaveOutDoneAsync(
        IReadOnlyList<LoggedChunk> chunks, ChunkPrecheck[] gates, DateTimeOffset started, CancellationToken cancellationToken)
    {
        var left = new List<int>();
        for (var i = 0; i < chunks.Count; i++)
        {
            if (chunks[i].Header.Attempt < gates[i].Attempt)
                continue;
            if (gates[i].ReceiptChecksum is not 0 && gates[i].ReceiptChecksum != chunks[i].Header.Checksum)
                await RefuseOtherContentAsync(chunks[i], gates[i], started, cancellationToken);
            else if (!gates[i].HasReceipt)
                left.Add(i);
        }
        return left;
    }

    /// <summary>
    /// The tables have other rows under this chunk's numbers. The API prevents this, except for a chunk that it did not know of: one
    /// that is in the log although the log did not acknowledge it.
    /// </summary>
    async Task RefuseOtherContentAsync(LoggedChunk chunk, ChunkPrecheck gate, DateTimeOffset started, CancellationToken cancellationToken)
    {
        var header = chunk.Header;
        await writer.FailAsync(
            JobKey.Of(header), FailureCodes.LabelContentDiffers,
            $"Chunk {header.Ordinal} (rows {header.FirstRow} to {header.LastRow}) differs from what was loaded of these rows before: the file is not the one that the load started with.",
            cancellationToken);
        if (!gate.HasReceipt)
            await ReceiptAsync(chunk, header.ModelId, started, 0, 0, cancellationToken);
    }

    /// <summary>
    /// Chunks of jobs that are over. They get no more rows, except those of a chunk that was already inserted when the previous worker
    /// died: they are in the table, so they must be counted as loaded.
    /// </summary>
    async Task<HashSet<int>> FindOverAsync(IReadOnlyList<LoggedChunk> chunks, List<int> left, ChunkPrecheck[] gates, CancellationToken cancellationToken)
    {
        var stopped = left.FindAll(i => gates[i].JobIsOver);
        var counts = await CountRowsAsync([.. stopped.Select(i => chunks[i])], cancellationToken);
        var over = stopped.Where((_, n) => counts[n] == (0, 0)).ToHashSet();
        foreach (var i in left.Except(stopped))
        {
            if (chunks[i].Header.MaxErrors is { } budget && gates[i].ErrorsSoFar > budget)
            {
                await FailOverBudgetAsync(JobKey.Of(chunks[i].Header), budget, cancellationToken);
                over.Add(i);
            }
        }
        return over;
    }

    async Task<bool> SawRestartAsync(ChunkHeader header, CancellationToken cancellationToken) =>
        (await jobs.PrecheckAsync(JobKey.Of(header), header.Ordinal, cancellationToken)).SawRestart;

    async Task<(long Loaded, long Rejected)> CountRowsAsync(LoggedChunk chunk, CancellationToken cancellationToken) =>
        (await CountRowsAsync([chunk], cancellationToken))[0];

    Task<(long Loaded, long Rejected)[]> CountRowsAsync(IReadOnlyList<LoggedChunk> chunks, CancellationToken cancellationToken) => chunks.Count == 0
        ? Task.FromResult<(long, long)[]>([])
        : audit.CountRowsAsync(chunks[0].Header.ModelId, [.. chunks.Select(ChunkLoader.RangeOf)], cancellationToken);

    Task FailOverBudgetAsync(JobKey job, long budget, CancellationToken cancellationToken) => writer.FailAsync(
        job, FailureCodes.ErrorBudgetExceeded, $"More than {budget:N0} rows were rejected, which is the job's max_errors.", cancellationToken);

    async Task<ChunkOutcome[]> AbandonDeletedAsync(
        IReadOnlyList<LoggedChunk> chunks, List<int> left, ChunkOutcome[] outcomes, string model, string reason, DateTimeOffset started,
        CancellationToken cancellationToken)
    {
        await Task.WhenAll(left.Select(async i =>
        {
            await FailAsync(chunks[i].Header, model, FailureCodes.ModelDeleted, reason, cancellationToken);
            outcomes[i] = await AbandonAsync(chunks[i], model, started, cancellationToken);
        }));
        return outcomes;
    }

    /// <summary>Fails the job of a chunk that is given up; if the job is not recorded yet, it is created first.</summary>
    async Task FailAsync(ChunkHeader header, string model, string code, string message, CancellationToken cancellationToken)
    {
        if (NewJob.Of(header, model) is { } whole)
            await writer.EnsureCreatedAsync(whole, header.Rows, cancellationToken);
        await writer.FailAsync(JobKey.Of(header), code, message, cancellationToken);
    }

    async Task<ChunkOutcome> AbandonAsync(LoggedChunk chunk, string model, DateTimeOffset started, CancellationToken cancellationToken)
    {
        await ReceiptAsync(chunk, model, started, 0, 0, cancellationToken);
        RowMetrics.Abandoned(model, chunk.Header.Rows);
        return ChunkOutcome.Abandoned;
    }

    async Task ReceiptAsync(
        LoggedChunk chunk, string model, DateTimeOffset started, long success, long errors, CancellationToken cancellationToken)
    {
        var header = chunk.Header;
        using var stage = ChunkMetrics.Time(ChunkStage.Receipt);
        await writer.AddReceiptAsync(new Receipt
        {
            TenantId = header.TenantId,
            JobId = header.JobId,
            Ordinal = header.Ordinal,
            Rows = header.Rows,
            Success = success,
            Errors = errors,
            Abandoned = header.Rows - success - errors,
            Attempt = header.Attempt,
            Checksum = header.Checksum,
            StartedAt = started,
            FinishedAt = time.GetUtcNow(),
            Worker = Environment.MachineName,
            Whole = NewJob.Of(header, model),
            AppendedAt = chunk.AppendedAt,
        }, cancellationToken);
    }

    /// <summary>Keeps a chunk that fails every time, with its reason; fails its job, and abandons its rows except those already in the tables.</summary>
    async Task DeadLetterAsync(LoggedChunk chunk, int attempts, Exception reason, CancellationToken cancellationToken)
    {
        var started = time.GetUtcNow();
        var header = chunk.Header;
        await deadLetters.AddAsync(chunk, attempts, reason, cancellationToken);
        await FailAsync(
            header, header.ModelId, FailureCodes.DeadLetter,
            $"Chunk {header.Ordinal} (rows {header.FirstRow} to {header.LastRow}) failed {attempts} times and was kept as the dead letter "
            + $"{new DeadLetterId(header.JobId, header.Ordinal)}: {reason.Message}",
            cancellationToken);
        var (loaded, rejected) = await CountRowsAsync(chunk, cancellationToken);
        await ReceiptAsync(chunk, header.ModelId, started, loaded, rejected, cancellationToken);
        RowMetrics.Abandoned(header.ModelId, (int)(header.Rows - loaded - rejected));
    }
}
