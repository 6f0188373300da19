namespace Batch.Core.Jobs;

/// <summary>The queries that make a job out of its events and receipts.</summary>
/// <remarks>
/// FINAL merges, as it reads, what has not been merged yet: maxima and minima, so the answer is the same before and after. It costs
/// half of what a GROUP BY over as many columns does, most of which is spent on understanding the query. All conditions are on
/// the primary keys, so a job costs the reading of a few hundred rows, whatever else the tables hold.
/// </remarks>
internal static class JobSql
{
    // One thread: there is next to nothing to read, and waking others takes longer.
    const string OneThread = "SETTINGS max_threads = 1";

    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    /// <param name="header">Also read the header line, which may be long.</param>
    public static string Facts(string where, bool header = false) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id,
            j.model_id AS model_id, j.model_name AS model_name, j.model_version AS model_version,
            j.file_name AS file_name, j.label AS label, j.source_job_id AS source_job_id,
            {(header ? "j.header_line" : "''")} AS header_line, j.delimiter AS delimiter,
            j.max_errors AS max_errors, j.creator AS creator,
            toUnixTimestamp64Milli(j.created_at) AS created_ms, toUnixTimestamp64Milli(j.updated_at) AS updated_ms,
            toUnixTimestamp64Milli(now64(3)) AS read_ms,
            toUnixTimestamp64Milli(j.heartbeat_at) AS heartbeat_ms,
            j.upload_rows AS upload_rows, j.upload_chunks AS upload_chunks,
            toUnixTimestamp64Milli(j.upload_ended_at) AS upload_ended_ms,
            j.total_rows AS total_rows, j.total_chunks AS total_chunks, toBool(j.header_fault) AS header_fault,
            j.upload_failure_code AS upload_failure_code, j.upload_failure AS upload_failure,
            toUnixTimestamp64Milli(j.started_at) AS started_ms,
            j.stop_id AS stop_id, j.stop_state AS stop_state, j.stop_code AS stop_code, j.stop_message AS stop_message,
            toUnixTimestamp64Milli(j.stop_at) AS stop_ms, j.stop_verdict AS stop_verdict,
            toUnixTimestamp64Milli(j.settled_at) AS settled_ms,
            j.final_state AS final_state, j.final_failure_code AS final_failure_code, j.final_failure AS final_failure,
            j.final_receipts AS final_receipts, j.final_rows AS final_rows, j.final_success AS final_success,
            j.final_errors AS final_errors,
            j.final_started_ms AS final_started_ms, j.final_finished_ms AS final_finished_ms
        FROM jobs AS j FINAL
        WHERE {where} AND j.created_at IS NOT NULL
        {OneThread}
        """;

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

    /// <summary>For each of the chunks a row for its receipt, where there is one; and a row for each of their jobs.</summary>
    public const string Gates = $$"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id, -1 AS receipt_of, j.max_errors AS max_errors,
            (j.stop_state IS NOT NULL AND coalesce(j.stop_verdict, '') != '{{StopVerdicts.Refused}}')
                OR j.upload_failure_code IS NOT NULL OR j.header_fault = 1 AS job_is_over
        FROM jobs AS j FINAL WHERE (j.tenant_id, j.job_id) IN {keys:Array(Tuple(String, String))}
        UNION ALL
        SELECT r.tenant_id, r.job_id, toInt64(r.ordinal), NULL, 0 FROM receipts AS r
        WHERE (r.tenant_id, r.job_id, r.ordinal) IN {chunks:Array(Tuple(String, String, UInt32))}
        {{OneThread}}
        """;

    /// <summary>The errors of all chunks but one.</summary>
    public const string OtherErrors = $$"""
        SELECT sum(r.errors) AS errors FROM receipts AS r FINAL
        WHERE r.tenant_id = {tenant:String} AND r.job_id = {job:String} AND r.ordinal != {ordinal:UInt32}
        {{OneThread}}
        """;
}
