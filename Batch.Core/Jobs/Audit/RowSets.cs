using Batch.Core.ClickHouse;

namespace Batch.Core.Jobs.Audit;

/// <summary>Compares the row numbers in the tables, as sets, in little memory.</summary>
/// <remarks>
/// The sets are compressed bitmaps in ClickHouse: 36 million numbers take 35 MB, in any order, where <c>uniqExact</c> takes 2 GB. They are compared in slices
/// of row numbers, so that a query takes seconds however large the job is, and one abandoned by its client ends soon.
/// </remarks>
/// <param name="table">The model's table; null: it is gone, and counts as empty.</param>
/// <param name="sliceRows">Row numbers compared at once.</param>
internal sealed class RowSets(ClickHouseClient clickHouse, string? table, long sliceRows)
{
    /// <summary>How many row numbers are named as examples.</summary>
    const int Examples = 3;
    /// <summary>So many numbers are grouped one by one.</summary>
    const long FewRows = 1_000_000;
    /// <summary>Within the time that an answer is waited for; memory as a guard, as a slice takes less than a tenth of it.</summary>
    const string Bounds = "SETTINGS max_execution_time = 50, max_memory_usage = 1000000000";
    const string Nothing = "SELECT toUInt64(0) AS rows, groupBitmapState(number) AS numbers FROM numbers(0)";

    /// <summary>Slices that hold all numbers up to the last, and one for whatever is beyond it.</summary>
    IEnumerable<(long First, long Last)> Slices(long last)
    {
        for (var first = 0L; first <= last; first += sliceRows)
            yield return (first, Math.Min(last, first + sliceRows - 1));
        yield return (last + 1, long.MaxValue);
    }

    /// <summary>The rows of one job.</summary>
    /// <param name="source">The job whose rejected rows it ran again; null where it is a file's own.</param>
    /// <param name="last">The largest number that a row of its file has.</param>
    public async Task<RowSetFigures> OfJobAsync(JobKey job, string? source, long last, CancellationToken cancellationToken)
    {
        var sum = new RowSetFigures(0, 0, 0, 0, 0, 0, []);
        foreach (var (first, until) in Slices(last))
        {
            var slice = (await clickHouse.QueryAsync(
                $$"""
                SELECT
                    toInt64(l.rows) AS rows, toInt64(bitmapCardinality(l.numbers)) AS loaded, toInt64(bitmapCardinality(r.numbers)) AS rejected,
                    toInt64(bitmapAndCardinality(l.numbers, r.numbers)) AS both,
                    {{(source is null ? "toInt64(0)" : "toInt64(bitmapAndnotCardinality(bitmapOr(l.numbers, r.numbers), s.numbers))")}} AS foreign,
                    bitmapToArray(bitmapSubsetLimit(bitmapAnd(l.numbers, r.numbers), toUInt64(0), toUInt64({{Examples}}))) AS both_rows
                FROM
                    ({{Loaded}}) AS l,
                    ({{Rejected("job")}}) AS r,
                    ({{(source is null ? Nothing : Rejected("source"))}}) AS s
                {{Bounds}}
                """,
                Parameters(job.TenantId, first, until).Add("jobs", [job.JobId]).Add("job", job.JobId).Add("source", source ?? ""),
                RowSetJson.Default.RowSetFigures, cancellationToken))[0];
            sum = sum.Plus(slice with { Beyond = until == long.MaxValue ? slice.Loaded + slice.Rejected : 0 }, Examples);
        }
        return sum;
    }

    /// <summary>
    /// The rows that stand in the table under some jobs: how many, with how many different numbers;
    /// and the same without those that were to be loaded again.
    /// </summary>
    public async Task<LineageFigures> OfFamilyAsync(
        IReadOnlyList<string> jobs, IReadOnlyList<string> again, long last, CancellationToken cancellationToken)
    {
        var sum = new LineageFigures(0, 0, 0, 0);
        if (table is null)
            return sum;
        foreach (var (first, until) in Slices(last))
        {
            var slice = (await clickHouse.QueryAsync(
                $$"""
                SELECT
                    toInt64(count()) AS rows, toInt64(groupBitmap(`_row`)) AS loaded,
                    toInt64(countIf(`_job_id` NOT IN {again:Array(String)})) AS once_rows,
                    toInt64(groupBitmapIf(`_row`, `_job_id` NOT IN {again:Array(String)})) AS once_loaded
                FROM {{Data}}
                {{Bounds}}
                """,
                Parameters("", first, until).Add("jobs", jobs).Add("again", again), RowSetJson.Default.LineageFigures, cancellationToken))[0];
            sum = new(sum.Rows + slice.Rows, sum.Loaded + slice.Loaded, sum.OnceRows + slice.OnceRows, sum.OnceLoaded + slice.OnceLoaded);
        }
        return sum;
    }

    /// <summary>The first numbers that stand in the table more than once under some jobs.</summary>
    public async Task<IReadOnlyList<long>> DoubledAsync(IReadOnlyList<string> jobs, long last, CancellationToken cancellationToken)
    {
        // Halved until it is a matter of few numbers: to group all of them takes gigabytes.
        async Task<bool> IsDoubledAsync(long first, long until) => (await clickHouse.QueryAsync(
            $"SELECT toInt64(count() - groupBitmap(`_row`)) AS number FROM {Data} {Bounds}",
            Parameters("", first, until).Add("jobs", jobs), JobJson.Default.RowNumber, cancellationToken))[0].Number > 0;
        foreach (var slice in Slices(last))
        {
            var (first, until) = slice;
            if (!await IsDoubledAsync(first, until))
                continue;
            while (until - first >= FewRows)
            {
                var middle = first + (until - first) / 2;
                if (await IsDoubledAsync(first, middle))
                    until = middle;
                else
                    first = middle + 1;
            }
            return await NumbersAsync(
                $"SELECT toInt64(`_row`) AS number FROM {Data} GROUP BY `_row` HAVING count() > 1 ORDER BY number LIMIT {Examples} {Bounds}",
                Parameters("", first, until).Add("jobs", jobs), cancellationToken);
        }
        return [];
    }

    /// <summary>The first numbers from 1 to the last that are neither loaded nor rejected.</summary>
    public async Task<IReadOnlyList<long>> MissingAsync(JobKey job, long last, CancellationToken cancellationToken)
    {
        foreach (var (first, until) in Slices(last))
        {
            if (until == long.MaxValue)
                break;
            var from = Math.Max(1, first);
            var found = await NumbersAsync(
                $$"""
                SELECT toInt64(n.number) AS number FROM numbers({{from}}, {{until - from + 1}}) AS n
                WHERE NOT bitmapContains((SELECT numbers FROM ({{Loaded}})), n.number) AND NOT bitmapContains((SELECT numbers FROM ({{Rejected("job")}})), n.number)
                LIMIT {{Examples}}
                {{Bounds}}
                """,
                Parameters(job.TenantId, first, until).Add("jobs", [job.JobId]).Add("job", job.JobId), cancellationToken);
            if (found.Count > 0)
                return found;
        }
        return [];
    }

    string Loaded => table is null ? Nothing : $"SELECT count() AS rows, groupBitmapState(`_row`) AS numbers FROM {Data}";

    string Data =>
        $$"""{{ClickHouseIdentifier.Quote(table!)}} WHERE `_job_id` IN {jobs:Array(String)} AND `_row` BETWEEN {first:UInt64} AND {last:UInt64}""";

    static string Rejected(string job) => $$"""
        SELECT groupBitmapState(row) AS numbers FROM {{ClickHouseTables.RejectedRows}}
        WHERE tenant_id = {tenant:String} AND job_id = {{{job}}:String} AND row > 0 AND row BETWEEN {first:UInt64} AND {last:UInt64}
        """;

    static ClickHouseParameters Parameters(string tenant, long first, long last) =>
        new ClickHouseParameters().Add("tenant", tenant).Add("first", first).Add("last", last);

    async Task<IReadOnlyList<long>> NumbersAsync(string sql, ClickHouseParameters parameters, CancellationToken cancellationToken) =>
        (await clickHouse.QueryAsync(sql, parameters, JobJson.Default.RowNumber, cancellationToken)).ConvertAll(row => row.Number);
}
