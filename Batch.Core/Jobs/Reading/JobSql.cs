using Batch.Core.ClickHouse;

namespace Batch.Core.Jobs.Reading;

/// <summary>The queries that read a job's events.</summary>
/// <remarks>
/// All conditions are on the primary key, so a job costs reading a few hundred rows, whatever else is in the tables. The cost of such a
/// query is its analysis, which grows with its columns: so events are read as they are and folded in <see cref="JobProjection"/>.
/// </remarks>
internal static class JobSql
{
    const string Small = ClickHouseClient.SmallQuery;

    const string Now = "toUnixTimestamp64Milli(now64(3)) AS read_ms, read_ms - 1000 * toInt64(uptime()) AS server_started_ms";

    /// <summary>All events of a job except receipts of chunks after the first: everything, for a single-chunk job.</summary>
    /// <remarks>Put first in a condition: after the lists of ids it makes such a query half as expensive again.</remarks>
    public const string OfFirstChunk = "j.ordinal = 0";

    /// <summary>Events as they are in the table.</summary>
    /// <param name="where">A condition on j.tenant_id, j.job_id and j.ordinal.</param>
    /// <param name="header">Also read the header line, which may be long.</param>
    public static string Events(string where, bool header = false) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id, j.event AS event, j.ordinal AS ordinal, toUnixTimestamp64Milli(j.at) AS at_ms,
            j.model_id AS model_id, j.final_state AS final_state, {HeaderLine(header)} AS header_line, j.facts AS facts, {Now}
        FROM job_events AS j
        WHERE {where}
        {Small}
        """;

    /// <summary>
    /// The same for jobs with any number of chunks: receipts are summed by attempt. All of it is one read of the table, so
    /// that receipts are never newer than the other events. "All receipts are in, and nobody asked for a stop" must not be
    /// assembled from two reads: a job could appear to succeed that was stopped in between.
    /// </summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    /// <param name="carriedOn">Chunks may have receipts of several attempts, of which the maxima count; this is more expensive.</param>
    public static string Sums(string where, bool header, bool carriedOn) => $"""
        SELECT
            tenant_id, job_id, name AS event, max(chunk) AS ordinal, min(began) AS at_ms, max(ended) AS finished_ms,
            max(model) AS model_id, max(state) AS final_state, max(header) AS header_line,
            if(name = '{JobEvent.Chunk}' AND max(model) = '', '', max(about)) AS facts, count() AS chunks,
            sum(all_rows) AS rows, sum(good) AS success, sum(bad) AS errors, number AS attempt, {Now}
        FROM ({(carriedOn ? FoldedChunks(where, header) : Chunks(where, header))})
        GROUP BY tenant_id, job_id, name, attempt, good + bad = all_rows
        {Small}
        """;

    static string Chunks(string where, bool header) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id, j.event AS name, j.ordinal AS chunk, toUnixTimestamp64Milli(j.at) AS began, began + j.took_ms AS ended,
            j.model_id AS model, j.final_state AS state, {HeaderLine(header)} AS header, j.facts AS about,
            j.rows AS all_rows, j.success AS good, j.errors AS bad, j.attempt AS number
        FROM job_events AS j FINAL
        WHERE {where}
        """;

    static string FoldedChunks(string where, bool header) => $"""
        SELECT
            tenant_id, job_id, if(startsWith(one.name, '{JobEvent.Chunk}'), '{JobEvent.Chunk}', one.name) AS name, one.chunk AS chunk,
            argMax(one.began, (one.good + one.bad, -one.began)) AS began, argMax(one.ended, (one.good + one.bad, -one.began)) AS ended, any(one.model) AS model, any(one.state) AS state, any(one.header) AS header, any(one.about) AS about,
            max(one.all_rows) AS all_rows, max(one.good) AS good, max(one.bad) AS bad, max(one.number) AS number
        FROM ({Chunks(where, header)}) AS one
        GROUP BY tenant_id, job_id, name, one.chunk
        """;

    static string HeaderLine(bool header) => header ? "j.header_line" : "''";

    /// <summary>The chunks of which some rows were loaded or rejected.</summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string TouchedChunks(string where) => $"""
        SELECT
            j.ordinal AS ordinal, max(j.rows) AS rows, max(j.success) AS success, max(j.errors) AS errors,
            max(JSONExtractUInt(j.facts, 'checksum')) AS checksum
        FROM job_events AS j
        WHERE {where} AND startsWith(j.event, '{JobEvent.Chunk}')
        GROUP BY j.ordinal
        HAVING success + errors > 0
        {Small}
        """;

    /// <summary>Jobs of a tenant of which an event that ended them is the last word: those that were carried on later are not among them.</summary>
    /// <param name="settled">A further condition on s, the event.</param>
    public static string EndedForGood(string settled = "1") => $$"""
        SELECT s.job_id FROM job_events AS s
        WHERE s.tenant_id = {tenant:String} AND ((s.event = '{{JobEvent.Settled}}' AND {{settled}}) OR startsWith(s.event, '{{JobEvent.Resumed}}'))
        GROUP BY s.job_id HAVING countIf(startsWith(s.event, '{{JobEvent.Resumed}}')) = 0
        """;

    /// <summary>In a HAVING over the events j of a job: its current attempt has not been settled.</summary>
    public const string IsUnsettled =
        $"countIf(startsWith(j.event, '{JobEvent.Settled}')) = 0 OR "
        + $"maxIf(j.attempt, startsWith(j.event, '{JobEvent.Settled}')) < maxIf(j.attempt, startsWith(j.event, '{JobEvent.Resumed}'))";

    /// <summary>The jobs that run again what others rejected.</summary>
    /// <param name="where">A condition on j.tenant_id and j.source_job_id.</param>
    public static string Repairs(string where) => $"""
        SELECT DISTINCT j.tenant_id AS tenant_id, j.job_id AS job_id FROM job_events AS j WHERE {where}
        {Small}
        """;

    /// <summary>Which jobs others run again.</summary>
    /// <param name="where">A condition on j.tenant_id and j.source_job_id.</param>
    public static string Sources(string where) => $"""
        SELECT DISTINCT j.tenant_id AS tenant_id, j.source_job_id AS job_id FROM job_events AS j WHERE {where}
        {Small}
        """;

    /// <summary>The errors of all chunks but one.</summary>
    public const string OtherErrors = $$"""
        SELECT sum(most) AS errors FROM
        (
            SELECT max(j.errors) AS most FROM job_events AS j
            WHERE j.tenant_id = {tenant:String} AND j.job_id = {job:String} AND startsWith(j.event, '{{JobEvent.Chunk}}') AND j.ordinal != {ordinal:UInt32}
            GROUP BY j.ordinal
        )
        {{Small}}
        """;
}
