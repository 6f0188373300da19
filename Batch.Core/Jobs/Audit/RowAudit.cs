using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Jobs.Reading;
using Batch.Core.Models;

namespace Batch.Core.Jobs.Audit;

/// <summary>What stands in the tables of a job: counts it by row numbers, and holds the job's figures against it.</summary>
public sealed class RowAudit(ClickHouseClient clickHouse, JobReader jobs)
{
    const string OfChunk = "BETWEEN {first:UInt64} AND {last:UInt64}";
    const string Rejected = $$"""{{ClickHouseTables.RejectedRows}} WHERE tenant_id = {tenant:String} AND job_id = {job:String} AND row {{OfChunk}}""";

    /// <summary>Row numbers compared in one query of <see cref="VerifyAsync(Job, CancellationToken)"/>.</summary>
    internal long SliceRows { get; init; } = 50_000_000;

    /// <summary>Verifies a job's counts against the tables, row number by row number, and its file across all of its repairs.</summary>
    /// <remarks>While a job is being processed, the tables may have more rows than the receipts say; never fewer.</remarks>
    public async Task<VerifyReport> VerifyAsync(Job job, CancellationToken cancellationToken)
    {
        // The counts first: what is in a receipt is in the tables by then.
        var family = await jobs.FamilyAsync(job, cancellationToken);
        job = family.Root.JobId == job.JobId ? family.Root : family.Repairs.FirstOrDefault(repair => repair.JobId == job.JobId) ?? job;
        try
        {
            return await VerifyAsync(job, family, ModelVersion.TableOf(job.ModelId), cancellationToken);
        }
        catch (ClickHouseException exception) when (exception is { ErrorCode: ClickHouseErrors.UnknownTable, IsTransient: false })
        {
            return await VerifyAsync(job, family, table: null, cancellationToken);
        }
    }

    Task<VerifyReport> VerifyAsync(Job job, JobFamily family, string? table, CancellationToken cancellationToken) =>
        new JobVerification(job, family, new RowSets(clickHouse, table, SliceRows), tableIsGone: table is null).RunAsync(cancellationToken);

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
        catch (ClickHouseException exception) when (exception is { ErrorCode: ClickHouseErrors.UnknownTable, IsTransient: false })
        {
            return (0, rejected);
        }
    }

    /// <summary>How many of a chunk's rows are in the model's table.</summary>
    /// <exception cref="ClickHouseException">Among others <c>UNKNOWN_TABLE</c>: it was dropped.</exception>
    public Task<long> CountLoadedAsync(JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        CountAsync($"SELECT uniqExact(`_row`) AS number FROM {LoadedOf(modelId)}", key, firstRow, lastRow, cancellationToken);

    /// <summary>How many of a chunk's rows are in <c>rejected_rows</c>.</summary>
    public Task<long> CountRejectedAsync(JobKey key, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        CountAsync($"SELECT uniqExact(row) AS number FROM {Rejected}", key, firstRow, lastRow, cancellationToken);

    async Task<long> CountAsync(string sql, JobKey key, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        (await NumbersAsync(sql, key, firstRow, lastRow, cancellationToken))[0].Number;

    /// <summary>The row numbers within a range that are in the tables, loaded or rejected. For one chunk: some hundred thousand at most.</summary>
    public async Task<HashSet<long>> RowNumbersAsync(
        JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken)
    {
        var numbers = await NumbersAsync($"SELECT DISTINCT row AS number FROM {Rejected}", key, firstRow, lastRow, cancellationToken);
        try
        {
            numbers.AddRange(await NumbersAsync($"SELECT `_row` AS number FROM {LoadedOf(modelId)}", key, firstRow, lastRow, cancellationToken));
        }
        catch (ClickHouseException exception) when (exception is { ErrorCode: ClickHouseErrors.UnknownTable, IsTransient: false })
        {
            // The table is gone, and its rows with it.
        }
        return [.. numbers.Select(row => row.Number)];
    }

    Task<List<RowNumber>> NumbersAsync(string sql, JobKey key, long firstRow, long lastRow, CancellationToken cancellationToken) => clickHouse.QueryAsync(
        sql, new ClickHouseParameters().Add("tenant", key.TenantId).Add("job", key.JobId).Add("first", firstRow).Add("last", lastRow),
        JobJson.Default.RowNumber, cancellationToken);

    static string LoadedOf(string modelId) =>
        $$"""{{ClickHouseIdentifier.Quote(ModelVersion.TableOf(modelId))}} WHERE `_job_id` = {job:String} AND `_row` {{OfChunk}}""";
}
