using Batch.Client;
using Batch.Core.ClickHouse;

namespace Batch.Core.Jobs;

public sealed partial class JobStore
{
    /// <summary>Row numbers compared in one query of <c>VerifyAsync</c>.</summary>
    internal long VerifySliceRows { get; init; } = 50_000_000;

    /// <summary>Verifies a job's counts against the tables, row number by row number, and its file across all of its repairs.</summary>
    /// <remarks>While a job is being processed, the tables may have more rows than the receipts say; never fewer.</remarks>
    public async Task<VerifyReport> VerifyAsync(Job job, CancellationToken cancellationToken)
    {
        // The counts first: what is in a receipt is in the tables by then.
        var family = await FamilyAsync(job, cancellationToken);
        job = family.Root.JobId == job.JobId ? family.Root : family.Repairs.FirstOrDefault(repair => repair.JobId == job.JobId) ?? job;
        try
        {
            return await VerifyAsync(job, family, "data_" + job.ModelId, cancellationToken);
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            return await VerifyAsync(job, family, table: null, cancellationToken);
        }
    }

    Task<VerifyReport> VerifyAsync(Job job, JobFamily family, string? table, CancellationToken cancellationToken) =>
        new JobVerification(job, family, new RowSets(_clickHouse, table, VerifySliceRows), tableIsGone: table is null).RunAsync(cancellationToken);

    /// <summary>
    /// How many rows of a chunk are in the tables already. Query it before a chunk is given up: an earlier attempt may have
    /// inserted rows and died before the receipt. Those rows are not abandoned.
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

    /// <summary>How many of a chunk's rows are in the model's table.</summary>
    /// <exception cref="ClickHouseException">Among others <c>UNKNOWN_TABLE</c>: it was dropped.</exception>
    public Task<long> CountLoadedAsync(JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        CountAsync($"uniqExact(`_row`) AS distinct_rows FROM {LoadedOf(modelId)}", key, firstRow, lastRow, cancellationToken);

    /// <summary>How many of a chunk's rows are in <c>rejected_rows</c>.</summary>
    public Task<long> CountRejectedAsync(JobKey key, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        CountAsync($"uniqExact(row) AS distinct_rows FROM {RejectedOf}", key, firstRow, lastRow, cancellationToken);

    async Task<long> CountAsync(string what, JobKey key, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        (await _clickHouse.QueryAsync(
            "SELECT 0 AS rows, " + what, Parameters(key).Add("first", firstRow).Add("last", lastRow), JobJson.Default.CountRow,
            cancellationToken))[0].DistinctRows;

    /// <summary>The row numbers within a range that are in the tables, loaded or rejected. For one chunk: some hundred thousand at most.</summary>
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
}
