using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Faults;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Audit;
using Batch.Core.Models;
using Batch.Core.Rejected;
using Batch.Core.Telemetry;
using Batch.Csv.Schema;
using Batch.Csv.Validation;
using Batch.Csv.Validation.Native;
using Batch.Primitives;

namespace Batch.Worker.Chunks;

/// <summary>Validates chunks and inserts their rows: good ones into the model's table, bad ones into rejected_rows.</summary>
internal sealed class ChunkLoader(ClickHouseClient clickHouse, RowAudit audit, ValidatorPool validators)
{
    /// <summary>Loads the chunks of one record together: all of them are validated before anything is inserted.</summary>
    /// <param name="token">Names the record; the tokens of its inserts are made of it.</param>
    /// <param name="sawRestart">
    /// ClickHouse has restarted since these chunks may first have been inserted: its tokens cannot be trusted, and the tables are
    /// checked (<see cref="ClickHouseClient.InsertOnceAsync"/>).
    /// </param>
    /// <exception cref="ChunkValidationException">Some of several chunks cannot be validated.</exception>
    /// <exception cref="RowsRefusedException">ClickHouse refuses the rows for good.</exception>
    public async Task<LoadFigures> LoadAsync(
        IReadOnlyList<LoggedChunk> chunks, string token, ModelVersion model, bool sawRestart, CancellationToken cancellationToken)
    {
        using var rented = validators.Rent(chunks.Sum(chunk => chunk.Bytes.Length));
        ValidatedChunk rows;
        using (ChunkMetrics.Time(ChunkStage.Validate))
        using (BatchSpans.StartStage(ChunkStage.Validate))
            rows = Validate(rented.Validator, chunks, model.Schema, cancellationToken);

        var figures = new LoadFigures(rows.Success, rows.Errors, rows.ErrorsByChunk, [.. rows.ErrorCounts]);
        // If it is all or nothing, the record's own token is used here too: another worker may not have seen the restart, and relies on it.
        if (!sawRestart || chunks.Count == 1 || await IsAllOrNothingAsync(chunks, rows, cancellationToken))
            await InsertAsync(chunks, rows, model, token, looks: sawRestart, cancellationToken);
        else
            foreach (var chunk in chunks)
                await InsertAsync(
                    [chunk], ValidateAll(rented.Validator, [chunk], model.Schema, cancellationToken), model,
                    ChunkToken.Of([chunk]), looks: true, cancellationToken);
        return figures;
    }

    /// <summary>Whether the model's own table is there.</summary>
    public Task<bool> HasTableAsync(ModelVersion model, CancellationToken cancellationToken) => clickHouse.HasTableAsync(model.Table, cancellationToken);

    async Task InsertAsync(
        IReadOnlyList<LoggedChunk> chunks, ValidatedChunk rows, ModelVersion model, string token, bool looks, CancellationToken cancellationToken)
    {
        if (rows.Data is { } data)
            using (ChunkMetrics.Time(ChunkStage.Insert))
                await InsertAsync(model.Table, data, token, looks ? async () => (await LoadedAsync(chunks, cancellationToken)).Sum() : null, cancellationToken);
        Reached(FaultPoint.DataInserted, chunks);

        var part = 0;
        if (rows.Errors > 0)
            using (ChunkMetrics.Time(ChunkStage.Rejects))
                foreach (var block in rows.RejectedBlocks())
                    await InsertAsync(
                        RejectedStore.Table, block, $"{token}:r{part++}",
                        // Rows of one chunk from here to there, or all of several.
                        looks ? async () => (await (chunks.Count > 1 ? RejectedAsync(chunks, cancellationToken)
                            : audit.CountRejectedAsync([RangeOf(chunks[0]) with { First = block.FirstRow, Last = block.LastRow }], cancellationToken))).Sum()
                            : null,
                        cancellationToken);
        Reached(FaultPoint.RejectsInserted, chunks);
    }

    /// <summary>False if a table has the rows of some chunks but not of others, or if one query cannot tell: then chunks are inserted one by one.</summary>
    async Task<bool> IsAllOrNothingAsync(IReadOnlyList<LoggedChunk> chunks, ValidatedChunk rows, CancellationToken cancellationToken)
    {
        if (rows.RejectedBlocks().Skip(1).Any())
            return false;
        var loaded = await LoadedAsync([.. chunks.Where((chunk, n) => rows.ErrorsByChunk[n] < chunk.Header.Rows)], cancellationToken);
        var rejected = await RejectedAsync([.. chunks.Where((_, n) => rows.ErrorsByChunk[n] > 0)], cancellationToken);
        return new[] { loaded, rejected }.All(counts => counts.Select(count => count > 0).Distinct().Count() <= 1);
    }

    // One query for all chunks of the record: a backlog of small jobs after a restart is thousands of them.
    Task<long[]> LoadedAsync(IReadOnlyList<LoggedChunk> chunks, CancellationToken cancellationToken) =>
        audit.CountLoadedAsync(chunks.Count == 0 ? "" : chunks[0].Header.ModelId, [.. chunks.Select(RangeOf)], cancellationToken);

    Task<long[]> RejectedAsync(IReadOnlyList<LoggedChunk> chunks, CancellationToken cancellationToken) =>
        audit.CountRejectedAsync([.. chunks.Select(RangeOf)], cancellationToken);

    internal static RowRange RangeOf(LoggedChunk chunk) => new(JobKey.Of(chunk.Header), chunk.Header.FirstRow, chunk.Header.LastRow);

    /// <param name="count">How many of the block's rows are there; null where the token tells.</param>
    async Task InsertAsync(string table, NativeBlock block, string token, Func<Task<long>>? count, CancellationToken cancellationToken)
    {
        Task InsertAsync(string token) => clickHouse.InsertAsync(table, block.Columns, block.Bytes, token, cancellationToken);
        try
        {
            await (count is null ? InsertAsync(token) : clickHouse.InsertOnceAsync(table, token, count, rows => rows > 0, InsertAsync, cancellationToken));
        }
        catch (ClickHouseException refusal) when (!refusal.IsTransient)
        {
            throw new RowsRefusedException(refusal);
        }
    }

    static ValidatedChunk Validate(ChunkValidator validator, IReadOnlyList<LoggedChunk> chunks, ModelSchema schema, CancellationToken cancellationToken)
    {
        try
        {
            return ValidateAll(validator, chunks, schema, cancellationToken);
        }
        catch (Exception fault) when (chunks.Count > 1 && fault is not (OperationCanceledException or OutOfMemoryException))
        {
            // One job's chunk must not be the end of the others': those that are sound go on without it.
            var unfit = chunks.Select(chunk => (Chunk: chunk, Reason: FaultOf(validator, chunk, schema, cancellationToken)))
                .Where(found => found.Reason is not null).Select(found => (found.Chunk, found.Reason!)).ToList();
            if (unfit.Count == 0)
                throw;
            throw new ChunkValidationException(unfit);
        }
    }

    static Exception? FaultOf(ChunkValidator validator, LoggedChunk chunk, ModelSchema schema, CancellationToken cancellationToken)
    {
        try
        {
            ValidateAll(validator, [chunk], schema, cancellationToken);
            return null;
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or OutOfMemoryException))
        {
            return fault;
        }
    }

    static ValidatedChunk ValidateAll(
        ChunkValidator validator, IReadOnlyList<LoggedChunk> chunks, ModelSchema schema, CancellationToken cancellationToken)
    {
        foreach (var chunk in chunks)
        {
            if (Crc32C.Of(chunk.Bytes.Span) != chunk.Header.Checksum)
                throw new ChunkFormatException($"The chunk's bytes do not match the checksum they were sent with ({chunk.Header.Checksum:x8}).");
        }
        var rows = validator.Validate([.. chunks.Select(chunk => chunk.Header.RowsIn(chunk.Bytes))], schema, cancellationToken);
        Reached(FaultPoint.ChunkValidated, chunks);
        return rows;
    }

    static void Reached(string point, IReadOnlyList<LoggedChunk> chunks)
    {
        foreach (var chunk in chunks)
            FaultPoint.Reached(point, chunk.Header.Ordinal);
    }
}
