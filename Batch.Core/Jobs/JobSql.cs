using Batch.Core.ClickHouse;

namespace Batch.Core.Jobs;

/// <summary>The queries that make a job out of its events.</summary>
/// <remarks>
/// All conditions are on the primary key, so a job costs the reading of a few hundred rows, whatever else the tables hold. What such a
/// query costs is understanding it, and that grows with its columns: so events come as they are, and are put together in <see cref="JobFacts"/>.
/// </remarks>
internal static class JobSql
{
    const string Small = ClickHouseClient.SmallQuery;

    const string Now = "toUnixTimestamp64Milli(now64(3)) AS read_ms, read_ms - 1000 * toInt64(uptime()) AS server_started_ms";

    /// <summary>All that is there of a job but for receipts of other chunks than the first: all there is to know of one that has no others.</summary>
    public const string OfFirstChunk = "j.ordinal = 0";

    /// <summary>Events as they stand in the table.</summary>
    /// <param name="where">A condition on j.tenant_id, j.job_id and j.ordinal.</param>
    /// <param name="header">Also read the header line, which may be long.</param>
    public static string Events(string where, bool header = false) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id, j.event AS event, j.ordinal AS ordinal, toUnixTimestamp64Milli(j.at) AS at_ms,
            at_ms - j.took_ms AS started_ms, started_ms - j.waited_ms AS created_ms,
            j.model_id AS model_id, j.final_state AS final_state, {(header ? "j.header_line" : "''")} AS header_line, j.facts AS facts,
            j.rows AS rows, j.success AS success, j.errors AS errors, j.attempt AS attempt, j.checksum AS checksum, {Now}
        FROM job_events AS j
        WHERE {where}
        {Small}
        """;

    /// <summary>
    /// The same of jobs with any number of chunks: receipts are added up by the attempts that they are done for. All of it is one reading of the table, so
    /// that receipts are never newer than the other events. "All receipts are in, and nobody has asked for a stop" must not be put
    /// together from two readings: a job could be seen to succeed that was stopped in between.
    /// </summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string Sums(string where, bool header = false) => $"""
        SELECT
            tenant_id, job_id, name AS event, max(ordinal) AS ordinal, max(kept.1) AS at_ms, min(kept.1 - kept.2) AS started_ms,
            min(kept.1 - kept.2 - kept.3) AS created_ms, max(kept.4) AS model_id, max(kept.5) AS final_state, max(kept.6) AS header_line,
            max(kept.7) AS facts, sum(fold_rows) AS rows, sum(fold_success) AS success, sum(fold_errors) AS errors,
            if(fold_success + fold_errors = fold_rows, 0, fold_attempt) AS attempt, toUInt32(0) AS checksum, count() AS chunks, {Now}
        FROM
        (
            SELECT
                j.tenant_id AS tenant_id, j.job_id AS job_id, if(startsWith(j.event, '{JobEvent.Chunk}'), '{JobEvent.Chunk}', j.event) AS name, j.ordinal AS ordinal,
                max(j.rows) AS fold_rows, max(j.success) AS fold_success, max(j.errors) AS fold_errors, max(j.attempt) AS fold_attempt,
                argMax((toUnixTimestamp64Milli(j.at), j.took_ms, j.waited_ms, j.model_id, j.final_state, {(header ? "j.header_line" : "''")}, j.facts), j.rank) AS kept
            FROM job_events AS j
            WHERE {where}
            GROUP BY tenant_id, job_id, name, ordinal
        )
        GROUP BY tenant_id, job_id, name, attempt, fold_success + fold_errors = fold_rows
        {Small}
        """;

    /// <summary>The chunks of which some rows were loaded or rejected.</summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string TouchedChunks(string where) => $"""
        SELECT
            j.ordinal AS ordinal, max(j.rows) AS rows, max(j.success) AS success, max(j.errors) AS errors, max(j.attempt) AS attempt, max(j.checksum) AS checksum
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
