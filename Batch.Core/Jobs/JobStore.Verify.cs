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
    /// Whether rows of a chunk stand in the tables already. To be asked before a chunk of a stopped job is given up: an earlier
    /// worker may have inserted its rows and died before the receipt. Then it must be finished, not abandoned.
    /// </summary>
    /// <param name="firstRow">Lowest of the chunk's row numbers; <paramref name="lastRow"/> is the highest.</param>
    public async Task<bool> HasRowsAsync(JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken)
    {
        ClickHouseParameters Range() => Parameters(key).Add("first", firstRow).Add("last", lastRow);
        var rejected = await _clickHouse.QueryAsync(
            """
            SELECT count() AS rows, 0 AS distinct_rows FROM rejected_rows
            WHERE tenant_id = {tenant:String} AND job_id = {job:String} AND row BETWEEN {first:UInt64} AND {last:UInt64}
            """,
            Range(), JobJson.Default.CountRow, cancellationToken);
        if (rejected[0].Rows > 0)
            return true;
        try
        {
            var loaded = await _clickHouse.QueryAsync(
                $$"""
                SELECT count() AS rows, 0 AS distinct_rows FROM {{ClickHouseIdentifier.Quote("data_" + modelId)}}
                WHERE `_job_id` = {job:String} AND `_row` BETWEEN {first:UInt64} AND {last:UInt64}
                """,
                Range(), JobJson.Default.CountRow, cancellationToken);
            return loaded[0].Rows > 0;
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            return false;
        }
    }

    async Task<CountRow> CountAsync(string sql, JobKey key, CancellationToken cancellationToken) =>
        (await _clickHouse.QueryAsync(sql, Parameters(key), JobJson.Default.CountRow, cancellationToken))[0];
}
