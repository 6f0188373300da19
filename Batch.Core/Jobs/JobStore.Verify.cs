using Batch.Client;
using Batch.Core.ClickHouse;

namespace Batch.Core.Jobs;

public sealed partial class JobStore
{
    /// <summary>Holds a job's figures against the tables.</summary>
    /// <remarks>Of a job that is still being worked on, more may stand in the tables than the receipts say; never less.</remarks>
    public async Task<VerifyReport> VerifyAsync(Job job, CancellationToken cancellationToken)
    {
        // The figures first: what is in a receipt is in the tables by then.
        job = await ReadAsync(job.Key, cancellationToken) ?? job;
        var breaches = new List<string>();
        CountRow loaded;
        try
        {
            loaded = await CountAsync(
                $"SELECT count() AS rows, uniqExact(`_row`) AS distinct_rows FROM {ClickHouseIdentifier.Quote("data_" + job.ModelId)} WHERE `_job_id` = {{job:String}}",
                job.Key, cancellationToken);
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            loaded = new(0, 0);
            if (job.Success > 0)
                breaches.Add($"The table data_{job.ModelId} is gone, and {job.Success} rows with it.");
        }
        var rejected = await CountAsync(
            "SELECT count() AS rows, uniqExact(row) AS distinct_rows FROM rejected_rows WHERE tenant_id = {tenant:String} AND job_id = {job:String} AND row > 0",
            job.Key, cancellationToken);
        // A header fault rejects rows that nobody looked at one by one.
        var errors = job.Facts.HeaderFault ? 0 : job.Errors;
        var isFinal = job.IsOver && job.ReceiptsAreWhole;

        if (loaded.Rows != loaded.DistinctRows)
            breaches.Add($"{loaded.Rows - loaded.DistinctRows} rows stand in the table twice.");
        if (breaches.Count == 0 && (isFinal ? loaded.DistinctRows != job.Success : loaded.DistinctRows < job.Success))
            breaches.Add($"{job.Success} rows were loaded, and {loaded.DistinctRows} stand in the table.");
        if (isFinal ? rejected.DistinctRows != errors : rejected.DistinctRows < errors)
            breaches.Add($"{errors} rows were rejected, and {rejected.DistinctRows} stand in rejected_rows.");
        if (job.IsOver && job.Success + job.Errors + job.Abandoned != job.Total)
            breaches.Add($"{job.Success} loaded + {job.Errors} rejected + {job.Abandoned} abandoned is not {job.Total}.");
        if (isFinal && job.Breach is { } breach)
            breaches.Add(breach);
        return new()
        {
            JobId = job.JobId,
            State = job.State,
            Total = job.Total,
            Success = job.Success,
            Errors = job.Errors,
            Abandoned = job.Abandoned,
            RowsInTable = loaded.Rows,
            DistinctRowsInTable = loaded.DistinctRows,
            RejectedRowsInTable = rejected.DistinctRows,
            Consistent = breaches.Count == 0,
            Breaches = breaches,
        };
    }

    /// <summary>
    /// How many rows of a chunk stand in the tables already. To be asked before a chunk is given up: an earlier attempt may have
    /// inserted rows and gone no further. Those are not abandoned, whatever becomes of the rest.
    /// </summary>
    /// <param name="firstRow">Lowest of the chunk's row numbers; <paramref name="lastRow"/> is the highest.</param>
    public async Task<(long Loaded, long Rejected)> CountRowsAsync(
        JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken)
    {
        var rejected = await CountRejectedAsync(key, firstRow, lastRow, cancellationToken);
        try
        {
            return (await CountLoadedAsync(key, modelId, firstRow, lastRow, cancellationToken), rejected);
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            return (0, rejected);
        }
    }

    /// <summary>How many of a chunk's rows stand in the model's table.</summary>
    /// <exception cref="ClickHouseException">Among others <c>UNKNOWN_TABLE</c>: it was dropped.</exception>
    public Task<long> CountLoadedAsync(JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        CountAsync($"uniqExact(`_row`) AS distinct_rows FROM {LoadedOf(modelId)}", key, firstRow, lastRow, cancellationToken);

    /// <summary>How many of a chunk's rows stand in <c>rejected_rows</c>.</summary>
    public Task<long> CountRejectedAsync(JobKey key, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        CountAsync($"uniqExact(row) AS distinct_rows FROM {RejectedOf}", key, firstRow, lastRow, cancellationToken);

    async Task<long> CountAsync(string what, JobKey key, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        (await _clickHouse.QueryAsync(
            "SELECT 0 AS rows, " + what, Parameters(key).Add("first", firstRow).Add("last", lastRow), JobJson.Default.CountRow,
            cancellationToken))[0].DistinctRows;

    /// <summary>The numbers of the rows between two that stand in the tables, loaded or rejected. For one chunk: some hundred thousand at most.</summary>
    public async Task<HashSet<long>> RowNumbersAsync(
        JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken)
    {
        var parameters = Parameters(key).Add("first", firstRow).Add("last", lastRow);
        async Task<List<RowNumber>> ReadAsync(string sql) =>
            await _clickHouse.QueryAsync(sql, parameters, JobJson.Default.RowNumber, cancellationToken);
        var numbers = await ReadAsync($"SELECT DISTINCT row AS number FROM {RejectedOf}");
        try
        {
            numbers.AddRange(await ReadAsync($"SELECT `_row` AS number FROM {LoadedOf(modelId)}"));
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            // The table is gone, and its rows with it.
        }
        return [.. numbers.Select(row => row.Number)];
    }

    const string RejectedOf =
        "rejected_rows WHERE tenant_id = {tenant:String} AND job_id = {job:String} AND row BETWEEN {first:UInt64} AND {last:UInt64}";

    static string LoadedOf(string modelId) =>
        $$"""{{ClickHouseIdentifier.Quote("data_" + modelId)}} WHERE `_job_id` = {job:String} AND `_row` BETWEEN {first:UInt64} AND {last:UInt64}""";

    async Task<CountRow> CountAsync(string sql, JobKey key, CancellationToken cancellationToken) =>
        (await _clickHouse.QueryAsync(sql, Parameters(key), JobJson.Default.CountRow, cancellationToken))[0];
}
