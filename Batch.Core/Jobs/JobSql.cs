using Batch.Core.ClickHouse;

namespace Batch.Core.Jobs;

/// <summary>The queries that make a job out of its events and receipts.</summary>
/// <remarks>
/// All conditions are on the primary keys, so a job costs the reading of a few hundred rows, whatever else the tables hold. What such a
/// query costs is understanding it, and that grows with its columns: so events come as they are, and are put together in <see cref="JobFacts"/>.
/// </remarks>
internal static class JobSql
{
    const string Small = ClickHouseClient.SmallQuery;

    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    /// <param name="header">Also read the header line, which may be long.</param>
    public static string Events(string where, bool header = false) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id, j.event AS event, toUnixTimestamp64Milli(j.at) AS at_ms,
            j.model_id AS model_id, j.final_state AS final_state, {(header ? "j.header_line" : "''")} AS header_line, j.facts AS facts,
            toUnixTimestamp64Milli(now64(3)) AS read_ms, read_ms - 1000 * toInt64(uptime()) AS server_started_ms
        FROM job_events AS j
        WHERE {where}
        {Small}
        """;

    const string ChunkColumns = """
        j.tenant_id AS tenant_id, j.job_id AS job_id, j.ordinal AS ordinal, j.rows AS rows, j.success AS success, j.errors AS errors,
        j.attempt AS attempt, j.checksum AS checksum
        """;

    /// <summary>What the receipts say of the chunks of some jobs, by their ordinals.</summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string ChunksAt(string where) => $$"""
        SELECT {{ChunkColumns}} FROM receipts AS j
        WHERE {{where}} AND j.ordinal IN {ordinals:Array(UInt32)}
        {{Small}}
        """;

    /// <summary>The chunks of which some rows were loaded or rejected.</summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string TouchedChunks(string where) => $"""
        SELECT {ChunkColumns} FROM receipts AS j FINAL
        WHERE {where} AND j.success + j.errors > 0
        {Small}
        """;

    /// <summary>Jobs of a tenant of which an event that ended them is the last word: those that were carried on later are not among them.</summary>
    /// <param name="settled">A further condition on s, the event.</param>
    public static string EndedForGood(string settled = "1") => $$"""
        SELECT s.job_id FROM job_events AS s
        WHERE s.tenant_id = {tenant:String} AND ((s.event = '{{JobEvent.Settled}}' AND {{settled}}) OR startsWith(s.event, '{{JobEvent.Resumed}}'))
        GROUP BY s.job_id HAVING countIf(startsWith(s.event, '{{JobEvent.Resumed}}')) = 0
        """;

    /// <summary>Of which attempt an event is: <c>ended#2</c>.</summary>
    const string AttemptOfEvent = "toUInt32OrZero(substring(j.event, position(j.event, '#') + 1))";

    /// <summary>In a HAVING over the events j of a job: its current attempt has not been settled.</summary>
    public const string IsUnsettled =
        $"countIf(startsWith(j.event, '{JobEvent.Settled}')) = 0 OR "
        + $"maxIf({AttemptOfEvent}, startsWith(j.event, '{JobEvent.Settled}')) < maxIf({AttemptOfEvent}, startsWith(j.event, '{JobEvent.Resumed}'))";

    /// <summary>The receipts of jobs, as they are; at most so many.</summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string Receipts(string where, int limit) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id, j.ordinal AS ordinal, j.rows AS rows, j.success AS success, j.errors AS errors,
            j.attempt AS attempt, toUnixTimestamp64Milli(j.started_at) AS started_ms, toUnixTimestamp64Milli(j.finished_at) AS finished_ms
        FROM receipts AS j
        WHERE {where}
        LIMIT {limit}
        {Small}
        """;

    /// <summary>The sums over the receipts of jobs, however many they are, by the attempts that they are done for.</summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string Figures(string where) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id,
            if(j.success + j.errors = j.rows, toUInt32({FiguresRow.Every}), j.attempt) AS attempt, count() AS receipts,
            sum(j.rows) AS receipt_rows, sum(j.success) AS receipt_success, sum(j.errors) AS receipt_errors,
            toInt64(max(j.ordinal)) AS last_ordinal,
            toUnixTimestamp64Milli(min(j.started_at)) AS first_started_ms, toUnixTimestamp64Milli(max(j.finished_at)) AS last_finished_ms
        FROM receipts AS j FINAL
        WHERE {where}
        GROUP BY j.tenant_id, j.job_id, attempt
        {Small}
        """;

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
        SELECT sum(r.errors) AS errors FROM receipts AS r FINAL
        WHERE r.tenant_id = {tenant:String} AND r.job_id = {job:String} AND r.ordinal != {ordinal:UInt32}
        {{Small}}
        """;
}
