using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Csv.Export;
using Batch.Csv.Validation.Rejects;

namespace Batch.Core.Rejected;

/// <summary>The rejected rows of jobs: what was wrong with each, and the row itself.</summary>
/// <remarks>
/// The table is sorted by (tenant_id, job_id, row, seq), so every reading is a range of its primary key and every order is row order.
/// Text from files need not be UTF-8; what goes out as JSON has what is not replaced by U+FFFD, and <c>RawRowsAsync</c> gives the
/// bytes as they were.
/// <para><c>RejectedStore.Repairs.cs</c> tells which of them are repaired.</para>
/// </remarks>
public sealed partial class RejectedStore(ClickHouseClient clickHouse)
{
    public const string Table = ClickHouseTables.RejectedRows;

    const string ThisJob = "tenant_id = {tenant:String} AND job_id = {job:String}";

    // A code or column of a header line comes out of the file too.
    const string Fields = """
        row, line, nullIf(toValidUTF8(r.event_id), '') AS event_id, toValidUTF8(toString(r.column)) AS column, toString(r.type) AS type,
        toString(r.error) AS error, if(r.has_observed = 1, toValidUTF8(r.observed), NULL) AS observed,
        toValidUTF8(toString(r.message)) AS message, if(r.seq = 0 AND r.row > 0, toValidUTF8(r.raw), NULL) AS raw
        """;

    /// <summary>Keeps what is wrong with a header line: row 0.</summary>
    public async Task AddHeaderFaultsAsync(JobKey key, IReadOnlyList<RejectEntry> faults, CancellationToken cancellationToken)
    {
        if (faults.Count == 0)
            return;
        var lines = new StringBuilder();
        foreach (var fault in faults)
        {
            var line = new HeaderFaultLine(
                key.TenantId, key.JobId, fault.Row, fault.Seq, fault.Line, fault.EventId ?? "", fault.Column, fault.Type, fault.Error,
                fault.Observed ?? "", fault.Observed is null ? 0 : 1, fault.Message);
            lines.Append(JsonSerializer.Serialize(line, RejectedJson.Default.HeaderFaultLine)).Append('\n');
        }
        await clickHouse.InsertOnceAsync(
            ClickHouseTables.RejectedRows, key.JobId + ":header",
            () => clickHouse.QueryAsync(
                $"SELECT row AS number FROM {Table} WHERE {ThisJob} AND row = 0 LIMIT 1", Parameters(key), JobJson.Default.RowNumber, cancellationToken),
            found => found.Count > 0,
            token => clickHouse.InsertJsonAsync(
                ClickHouseTables.RejectedRows, HeaderFaultLine.Columns, Encoding.UTF8.GetBytes(lines.ToString()), faults.Count, token, cancellationToken),
            cancellationToken);
    }

    /// <summary>A page of errors in row order.</summary>
    /// <exception cref="InvalidCursorException"></exception>
    public async Task<RejectedPage> PageAsync(Job job, RejectedQuery query, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(query.Limit ?? 1000, 1, 10_000);
        var parameters = Parameters(job).Add("limit", limit + 1);
        var where = ThisJob;
        if (RejectedCursor.Parse(query.Cursor) is { } after)
        {
            parameters.Add("row", after.Row).Add("seq", after.Seq);
            // Said twice: the first is what the primary key is good for.
            where += " AND r.row >= {row:UInt64} AND (r.row, r.seq) > ({row:UInt64}, {seq:UInt16})";
        }
        where += Matches(new(query.Code, query.Column), parameters);
        var lines = await clickHouse.QueryAsync(
            $"SELECT seq, {Fields} FROM {Table} AS r WHERE {where} ORDER BY r.row, r.seq LIMIT {{limit:UInt32}}",
            parameters, RejectedJson.Default.RejectedLine, cancellationToken);
        string? next = null;
        if (lines.Count > limit)
        {
            lines.RemoveRange(limit, lines.Count - limit);
            next = new RejectedCursor(lines[^1].Row, lines[^1].Seq).ToString();
        }
        return new(job.JobId, job.Errors, lines.ConvertAll(line => line.ToRow()), next);
    }

    /// <summary>Errors by column and code, most first.</summary>
    public async Task<IReadOnlyList<RejectedSummary>> SummaryAsync(Job job, CancellationToken cancellationToken) =>
        await clickHouse.QueryAsync(
            $"""
            SELECT
                toValidUTF8(toString(r.column)) AS column, toString(any(r.type)) AS type, toString(r.error) AS error, toInt64(count()) AS count,
                if(max(r.has_observed) = 1, toValidUTF8(argMinIf(r.observed, (r.row, r.seq), r.has_observed = 1)), NULL) AS sample
            FROM {Table} AS r
            WHERE {ThisJob}
            GROUP BY r.column, r.error
            ORDER BY count DESC, column, error
            """,
            Parameters(job), RejectedJson.Default.RejectedSummary, cancellationToken);

    /// <summary>All errors as NDJSON, in row order, in the shape of <see cref="RejectedRow"/>. Reading it throws what goes wrong on the way.</summary>
    public Task<Stream> ExportNdjsonAsync(Job job, CancellationToken cancellationToken) => ExportNdjsonAsync(job, new RejectedFilter(), cancellationToken);

    /// <summary>The same for the errors that match.</summary>
    public Task<Stream> ExportNdjsonAsync(Job job, RejectedFilter filter, CancellationToken cancellationToken)
    {
        var parameters = Parameters(job);
        return clickHouse.OpenAsync(
            $"SELECT {Fields} FROM {Table} AS r WHERE {ThisJob}{Matches(filter, parameters)} ORDER BY r.row, r.seq FORMAT JSONEachRow",
            parameters, cancellationToken);
    }

    /// <summary>Each rejected row that has an error that matches as it stood in the file, in row order.</summary>
    public IAsyncEnumerable<RawRejectedRow> RawRowsAsync(Job job, RejectedFilter filter, CancellationToken cancellationToken) =>
        RawRowsAsync(new RowSelection(job, filter, []), cancellationToken);

    /// <summary>The rows of a selection that are not repaired.</summary>
    public async IAsyncEnumerable<RawRejectedRow> RawRowsAsync(
        RowSelection selection, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var parameters = Parameters(selection.Job);
        // The free bytes do not stand last, so that nothing in a file can look like an exception at the end of the answer.
        await using var body = await clickHouse.OpenAsync(
            $"SELECT r.raw, r.row, r.line FROM {Table} AS r WHERE {RowsOf(selection, parameters)} AND NOT {IsRepaired(selection, parameters)} ORDER BY r.row FORMAT RowBinary",
            parameters, cancellationToken);
        var reader = new RowBinaryReader(body);
        while (await reader.ReadAsync(cancellationToken) is { } row)
            yield return row;
    }

    static string Matches(RejectedFilter filter, ClickHouseParameters parameters)
    {
        var sql = "";
        if (filter.Code is { } code)
        {
            parameters.Add("code", code);
            sql += " AND r.error = {code:String}";
        }
        if (filter.Column is { } column)
        {
            parameters.Add("column", column);
            sql += " AND r.column = {column:String}";
        }
        return sql;
    }

    static ClickHouseParameters Parameters(Job job) => Parameters(job.Key);

    static ClickHouseParameters Parameters(JobKey key) => new ClickHouseParameters().Add("tenant", key.TenantId).Add("job", key.JobId);
}
