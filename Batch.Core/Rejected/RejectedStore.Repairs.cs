using Batch.Core.ClickHouse;
using Batch.Core.Models;

namespace Batch.Core.Rejected;

public sealed partial class RejectedStore
{
    /// <summary>How many rows are left of a selection, and how many are repaired.</summary>
    public async Task<SelectedRows> CountAsync(RowSelection selection, CancellationToken cancellationToken)
    {
        var parameters = Parameters(selection.Job);
        var count = (await clickHouse.QueryAsync(
            $"""
            SELECT toInt64(count()) AS rows, toInt64(countIf({IsRepaired(selection, parameters)})) AS repaired
            FROM {Table} AS r WHERE {RowsOf(selection, parameters)}
            """,
            parameters, RejectedJson.Default.RepairedCount, cancellationToken))[0];
        return new(count.Rows - count.Repaired, count.Repaired);
    }

    /// <summary>How many rows of a selection are repaired; none where the model's table is gone.</summary>
    public async Task<long> CountRepairedAsync(RowSelection selection, CancellationToken cancellationToken)
    {
        try
        {
            return (await CountAsync(selection, cancellationToken)).Repaired;
        }
        catch (ClickHouseException exception) when (exception.ErrorCode == ClickHouseErrors.UnknownTable)
        {
            if (await clickHouse.HasTableAsync(ModelVersion.TableOf(selection.Job.ModelId), cancellationToken))
                throw;
            return 0;
        }
    }

    /// <summary>Some of the jobs that repaired rows of a selection.</summary>
    public async Task<IReadOnlyList<string>> RepairersAsync(RowSelection selection, int limit, CancellationToken cancellationToken)
    {
        if (selection.RepairIds.Count == 0)
            return [];
        var parameters = Parameters(selection.Job);
        var rows = await clickHouse.QueryAsync(
            $"""
            SELECT DISTINCT toString(d.`_job_id`) AS job_id FROM {DataOf(selection)} AS d
            WHERE {IsByRepair(selection, parameters)}
                AND bitmapContains((SELECT groupBitmapState(r.row) FROM {Table} AS r WHERE {RowsOf(selection, parameters)}), d.`_row`)
            LIMIT {limit}
            """,
            parameters, RejectedJson.Default.RepairerRow, cancellationToken);
        return rows.ConvertAll(row => row.JobId);
    }

    /// <summary>The numbers of a selection's rows, ascending, each with whether it is repaired.</summary>
    /// <param name="from">The first number of interest.</param>
    /// <param name="limit">At most so many.</param>
    public async Task<IReadOnlyList<RejectedNumber>> NumbersAsync(RowSelection selection, long from, int limit, CancellationToken cancellationToken)
    {
        var parameters = Parameters(selection.Job).Add("from", from);
        return await clickHouse.QueryAsync(
            $"""
            SELECT r.row AS row, {IsRepaired(selection, parameters)} AS repaired FROM {Table} AS r
            WHERE {RowsOf(selection, parameters)} AND r.row >= {"{from:UInt64}"} ORDER BY r.row LIMIT {limit}
            """,
            parameters, RejectedJson.Default.RejectedNumber, cancellationToken);
    }

    // The raw row stands beside the first error of its row only, and that need not be one that matches.
    static string RowsOf(RowSelection selection, ClickHouseParameters parameters) =>
        $"{ThisJob} AND r.row > 0 AND r.seq = 0"
        + (selection.Filter.IsNone ? "" : $" AND r.row IN (SELECT r.row FROM {Table} AS r WHERE {ThisJob}{Matches(selection.Filter, parameters)})");

    // Compressed bitmaps: 36 million rows take the engine 35 MB, where a set of them takes two gigabytes.
    static string IsRepaired(RowSelection selection, ClickHouseParameters parameters) => selection.RepairIds.Count == 0 ? "toUInt8(0)"
        : $"bitmapContains((SELECT groupBitmapState(d.`_row`) FROM {DataOf(selection)} AS d WHERE {IsByRepair(selection, parameters)}), r.row)";

    static string IsByRepair(RowSelection selection, ClickHouseParameters parameters)
    {
        parameters.Add("repairs", selection.RepairIds);
        return "d.`_job_id` IN {repairs:Array(String)}";
    }

    static string DataOf(RowSelection selection) => ClickHouseIdentifier.Quote(ModelVersion.TableOf(selection.Job.ModelId));
}
