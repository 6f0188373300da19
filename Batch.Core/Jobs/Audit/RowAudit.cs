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
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            // Which table? A system table is made again.
            if (await clickHouse.HasTableAsync(ModelVersion.TableOf(job.ModelId), cancellationToken))
                throw;
            return await VerifyAsync(job, family, table: null, cancellationToken);
        }
    }

    Task<VerifyReport> VerifyAsync(Job job, JobFamily family, string? table, CancellationToken cancellationToken) =>
        new JobVerification(job, family, new RowSets(clickHouse, table, SliceRows), tableIsGone: table is null).RunAsync(cancellationToken);

    /// <inheritdoc cref="CountRowsAsync(string, IReadOnlyList{RowRange}, CancellationToken)"/>
    public async Task<(long Loaded, long Rejected)> CountRowsAsync(
        JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        (await CountRowsAsync(modelId, [new(key, firstRow, lastRow)], cancellationToken))[0];

    /// <summary>
    /// How many rows of each chunk are in the tables already. Query it before a chunk is given up: an earlier attempt may have
    /// inserted rows and died before the receipt. Those rows are not abandoned.
    /// </summary>
    public async Task<(long Loaded, long Rejected)[]> CountRowsAsync(string modelId, IReadOnlyList<RowRange> chunks, CancellationToken cancellationToken)
    {
        var rejected = await CountRejectedAsync(chunks, cancellationToken);
        try
        {
            return [.. (await CountLoadedAsync(modelId, chunks, cancellationToken)).Zip(rejected)];
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            return [.. rejected.Select(count => (0L, count))];
        }
    }

    /// <inheritdoc cref="CountLoadedAsync(string, IReadOnlyList{RowRange}, CancellationToken)"/>
    public async Task<long> CountLoadedAsync(JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken) =>
        (await CountLoadedAsync(modelId, [new(key, firstRow, lastRow)], cancellationToken))[0];

    /// <summary>How many rows of each chunk are in the model's table: one query, however many chunks share a record.</summary>
    /// <exception cref="ClickHouseException">Among others <c>UNKNOWN_TABLE</c>: it was dropped.</exception>
    public Task<long[]> CountLoadedAsync(string modelId, IReadOnlyList<RowRange> chunks, CancellationToken cancellationToken) => CountAsync(
        $$"""
        SELECT `_job_id` AS job, `_row` AS row FROM {{ClickHouseIdentifier.Quote(ModelVersion.TableOf(modelId))}}
        WHERE `_job_id` IN {jobs:Array(String)} AND `_row` {{OfChunk}}
        """, chunks, cancellationToken);

    /// <summary>How many rows of each chunk are in <c>rejected_rows</c>.</summary>
    public Task<long[]> CountRejectedAsync(IReadOnlyList<RowRange> chunks, CancellationToken cancellationToken) => CountAsync(
        $$"""
        SELECT job_id AS job, row FROM {{ClickHouseTables.RejectedRows}}
        WHERE tenant_id IN {tenants:Array(String)} AND job_id IN {jobs:Array(String)} AND row {{OfChunk}}
        """, chunks, cancellationToken);

    /// <param name="rows">Selects the rows of these jobs between the lowest and the highest number of all chunks.</param>
    async Task<long[]> CountAsync(string rows, IReadOnlyList<RowRange> chunks, CancellationToken cancellationToken)
    {
        var counts = new long[chunks.Count];
        if (chunks.Count == 0)
            return counts;
        var found = await clickHouse.QueryAsync(
            $$"""
            SELECT toInt64(c.n) AS chunk, toInt64(uniqExact(r.row)) AS rows FROM ({{rows}}) AS r
            INNER JOIN (
                SELECT tupleElement(one, 1) AS job, tupleElement(one, 2) AS first, tupleElement(one, 3) AS last, tupleElement(one, 4) AS n
                FROM (
                    SELECT arrayJoin(arrayZip(
                        {jobs:Array(String)}, {firsts:Array(UInt64)}, {lasts:Array(UInt64)}, arrayEnumerate({jobs:Array(String)}))) AS one)
            ) AS c ON r.job = c.job
            WHERE r.row BETWEEN c.first AND c.last GROUP BY c.n
            """,
            new ClickHouseParameters()
                .Add("tenants", chunks.Select(chunk => chunk.Job.TenantId).Distinct()).Add("jobs", chunks.Select(chunk => chunk.Job.JobId))
                .Add("firsts", chunks.Select(chunk => chunk.First)).Add("lasts", chunks.Select(chunk => chunk.Last))
                .Add("first", chunks.Min(chunk => chunk.First)).Add("last", chunks.Max(chunk => chunk.Last)),
            JobJson.Default.ChunkCountRow, cancellationToken);
        foreach (var row in found)
            counts[row.Chunk - 1] = row.Rows;
        return counts;
    }

    /// <summary>The row numbers within a range that are in the tables, loaded or rejected. For one chunk: some hundred thousand at most.</summary>
    public async Task<HashSet<long>> RowNumbersAsync(
        JobKey key, string modelId, long firstRow, long lastRow, CancellationToken cancellationToken)
    {
        var numbers = await NumbersAsync($"SELECT DISTINCT row AS number FROM {Rejected}", key, firstRow, lastRow, cancellationToken);
        try
        {
            numbers.AddRange(await NumbersAsync($"SELECT `_row` AS number FROM {LoadedOf(modelId)}", key, firstRow, lastRow, cancellationToken));
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
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
