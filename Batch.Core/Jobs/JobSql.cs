namespace Batch.Core.Jobs;

/// <summary>The queries that make a job out of its events and receipts.</summary>
/// <remarks>
/// All conditions are on the primary keys, so a job costs the reading of a few hundred rows, whatever else the tables hold. What such a
/// query costs is understanding it, and that grows with its columns: so events come as they are, and are put together in <see cref="JobFacts"/>.
/// </remarks>
internal static class JobSql
{
    // One thread: there is next to nothing to read, and waking others takes longer.
    const string OneThread = "SETTINGS max_threads = 1";

    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    /// <param name="header">Also read the header line, which may be long.</param>
    public static string Events(string where, bool header = false) => $"{EventRows(where, header)}\n{OneThread}";

    static string EventRows(string where, bool header) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id, j.event AS event, toUnixTimestamp64Milli(j.at) AS at_ms,
            j.model_id AS model_id, j.final_state AS final_state, {(header ? "j.header_line" : "''")} AS header_line, j.facts AS facts,
            toUnixTimestamp64Milli(now64(3)) AS read_ms
        FROM job_events AS j
        WHERE {where}
        """;

    /// <summary>The events of the jobs of chunks, and for each chunk that has a receipt a row of the event <see cref="Receipt"/> with its ordinal.</summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string Gates(string where) => $$"""
        {{EventRows(where, header: false)}}
        UNION ALL
        SELECT r.tenant_id, r.job_id, '{{Receipt}}', 0, '', '', '', toString(r.ordinal), 0
        FROM receipts AS r
        WHERE (r.tenant_id, r.job_id, r.ordinal) IN {chunks:Array(Tuple(String, String, UInt32))}
        {{OneThread}}
        """;

    public const string Receipt = "receipt";

    /// <summary>The sums over the receipts of jobs.</summary>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string Figures(string where) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id, count() AS receipts,
            sum(j.rows) AS receipt_rows, sum(j.success) AS receipt_success, sum(j.errors) AS receipt_errors,
            toInt64(max(j.ordinal)) AS last_ordinal,
            toUnixTimestamp64Milli(min(j.started_at)) AS first_started_ms, toUnixTimestamp64Milli(max(j.finished_at)) AS last_finished_ms
        FROM receipts AS j FINAL
        WHERE {where}
        GROUP BY j.tenant_id, j.job_id
        {OneThread}
        """;

    /// <summary>The errors of all chunks but one.</summary>
    public const string OtherErrors = $$"""
        SELECT sum(r.errors) AS errors FROM receipts AS r FINAL
        WHERE r.tenant_id = {tenant:String} AND r.job_id = {job:String} AND r.ordinal != {ordinal:UInt32}
        {{OneThread}}
        """;
}
