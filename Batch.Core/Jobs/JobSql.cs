namespace Batch.Core.Jobs;

/// <summary>The queries that make a job out of its events and receipts.</summary>
/// <remarks>
/// What has been merged already and what has not is the same to a GROUP BY over maxima and minima. All conditions are on the
/// primary keys, so a job costs the reading of a few hundred rows, whatever else the tables hold.
/// </remarks>
internal static class JobSql
{
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    /// <param name="header">Also read the header line, which may be long.</param>
    public static string Facts(string where, bool header = false) => $"""
        SELECT
            j.tenant_id AS tenant_id, j.job_id AS job_id,
            max(j.model_id) AS model_id, max(j.model_name) AS model_name, max(j.model_version) AS model_version,
            max(j.file_name) AS file_name, max(j.label) AS label, max(j.source_job_id) AS source_job_id,
            {(header ? "max(j.header_line)" : "''")} AS header_line, max(j.delimiter) AS delimiter,
            max(j.max_errors) AS max_errors, max(j.creator) AS creator,
            toUnixTimestamp64Milli(min(j.created_at)) AS created_ms, toUnixTimestamp64Milli(max(j.updated_at)) AS updated_ms,
            toUnixTimestamp64Milli(now64(3)) AS read_ms,
            toUnixTimestamp64Milli(max(j.heartbeat_at)) AS heartbeat_ms,
            max(j.upload_rows) AS upload_rows, max(j.upload_chunks) AS upload_chunks,
            toUnixTimestamp64Milli(min(j.upload_ended_at)) AS upload_ended_ms,
            max(j.total_rows) AS total_rows, max(j.total_chunks) AS total_chunks, toBool(max(j.header_fault)) AS header_fault,
            max(j.upload_failure_code) AS upload_failure_code, max(j.upload_failure) AS upload_failure,
            toUnixTimestamp64Milli(min(j.started_at)) AS started_ms,
            max(j.stop_id) AS stop_id, max(j.stop_state) AS stop_state, max(j.stop_code) AS stop_code, max(j.stop_message) AS stop_message,
            toUnixTimestamp64Milli(min(j.stop_at)) AS stop_ms, max(j.stop_verdict) AS stop_verdict,
            toUnixTimestamp64Milli(min(j.settled_at)) AS settled_ms,
            max(j.final_state) AS final_state, max(j.final_failure_code) AS final_failure_code, max(j.final_failure) AS final_failure,
            max(j.final_receipts) AS final_receipts, max(j.final_rows) AS final_rows, max(j.final_success) AS final_success,
            max(j.final_errors) AS final_errors,
            max(j.final_started_ms) AS final_started_ms, max(j.final_finished_ms) AS final_finished_ms
        FROM jobs AS j
        WHERE {where}
        GROUP BY j.tenant_id, j.job_id
        HAVING created_ms IS NOT NULL
        """;

    /// <summary>Facts and figures. The receipts stand on the left so that they are never newer than the facts.</summary>
    /// <remarks>
    /// That order matters: "all receipts are in, and nobody has asked for a stop" must not be put together from facts that are older
    /// than the receipts, or a job could be seen to succeed that has been cancelled in between.
    /// </remarks>
    /// <param name="where">A condition on j.tenant_id and j.job_id.</param>
    public static string Jobs(string where, bool header = false) => $"""
        SELECT * FROM
        (
            SELECT
                tenant_id, job_id, count() AS receipts, sum(c.rows) AS receipt_rows, sum(c.success) AS receipt_success, sum(c.errors) AS receipt_errors,
                toNullable(toInt64(max(c.ordinal))) AS last_ordinal,
                toNullable(toUnixTimestamp64Milli(min(c.started))) AS first_started_ms,
                toNullable(toUnixTimestamp64Milli(max(c.finished))) AS last_finished_ms
            FROM
            (
                SELECT
                    j.tenant_id AS tenant_id, j.job_id AS job_id, j.ordinal AS ordinal, max(j.rows) AS rows, max(j.success) AS success, max(j.errors) AS errors,
                    min(j.started_at) AS started, min(j.finished_at) AS finished
                FROM receipts AS j
                WHERE {where}
                GROUP BY j.tenant_id, j.job_id, j.ordinal
            ) AS c
            GROUP BY tenant_id, job_id
        ) AS r
        RIGHT JOIN
        (
            {Facts(where, header)}
        ) AS f
        USING (tenant_id, job_id)
        """;

    /// <summary>The chunk's own receipt, and the errors of all others only where the job has a budget: else one row is read.</summary>
    public const string Gate = """
        WITH
        (
            SELECT tuple(
                max(stop_state IS NOT NULL AND stop_verdict IS NULL) OR max(coalesce(stop_verdict, '')) = 'confirmed'
                    OR max(upload_failure_code IS NOT NULL) OR max(header_fault) = 1,
                coalesce(max(max_errors), -1))
            FROM
            (
                SELECT
                    max(j.stop_state) AS stop_state, max(j.stop_verdict) AS stop_verdict, max(j.upload_failure_code) AS upload_failure_code,
                    max(j.header_fault) AS header_fault, max(j.max_errors) AS max_errors
                FROM jobs AS j WHERE j.tenant_id = {tenant:String} AND j.job_id = {job:String}
            )
        ) AS job
        SELECT
            countIf(ordinal = {ordinal:UInt32}) AS has_receipt,
            tupleElement(job, 1) OR (tupleElement(job, 2) >= 0 AND errors_so_far > tupleElement(job, 2)) AS job_is_over,
            sumIf(errors, ordinal != {ordinal:UInt32}) AS errors_so_far
        FROM
        (
            SELECT ordinal, max(errors) AS errors FROM receipts AS r
            WHERE r.tenant_id = {tenant:String} AND r.job_id = {job:String} AND (r.ordinal = {ordinal:UInt32} OR tupleElement(job, 2) >= 0)
            GROUP BY ordinal
        )
        """;
}
