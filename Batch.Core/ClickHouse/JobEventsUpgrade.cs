namespace Batch.Core.ClickHouse;

/// <summary>From layout 1, where <c>jobs</c> was a table with a column for every fact, to events; the old table stays beside them.</summary>
/// <remarks>May be gone through any number of times, by several processes at once: of events that are copied twice the first counts.</remarks>
internal sealed class JobEventsUpgrade(ClickHouseClient clickHouse)
{
    const string Old = "jobs_of_layout_1";

    /// <summary>Does nothing where there is no table of that kind. To be called when <c>job_events</c> is there, before the view is made.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        if (!await IsNeededAsync(cancellationToken))
            return;
        try
        {
            foreach (var (happened, at, facts) in Events)
                await clickHouse.ExecuteAsync(Copy(happened, at, facts), null, cancellationToken);
            await clickHouse.ExecuteAsync($"RENAME TABLE {ClickHouseTables.Jobs} TO {Old}", null, cancellationToken);
        }
        catch (ClickHouseException)
        {
            // Another process was faster, had copied all of it and took the table away.
            if (await IsNeededAsync(cancellationToken))
                throw;
        }
    }

    async Task<bool> IsNeededAsync(CancellationToken cancellationToken) => (await clickHouse.QueryAsync(
        $"SELECT name FROM system.tables WHERE database = {{database:String}} AND name = '{ClickHouseTables.Jobs}' AND engine = 'AggregatingMergeTree'",
        new ClickHouseParameters().Add("database", clickHouse.Database), ClickHouseMigrations.LayoutJson.Default.NameRow, cancellationToken)).Count > 0;

    static readonly (string Event, string At, string[] Facts)[] Events =
    [
        ("created", "created_at", ["creator", "model_name", "model_version", "file_name", "label", "source_job_id", "delimiter", "max_errors"]),
        ("progress", "if(upload_rows > 0, heartbeat_at, NULL)", ["upload_rows", "upload_chunks"]),
        ("ended", "if(upload_failure_code IS NULL, upload_ended_at, NULL)", ["total_rows", "total_chunks", "header_fault"]),
        ("failed", "if(upload_failure_code IS NULL, NULL, upload_ended_at)", ["total_rows", "total_chunks", "upload_failure_code", "upload_failure"]),
        ("started", "started_at", []),
        ("stop", "stop_at", ["stop_id", "stop_state", "stop_code", "stop_message"]),
        ("verdict", "if(stop_verdict IS NULL, NULL, coalesce(stop_at, changed_at))", ["stop_verdict"]),
        ("settled", "settled_at",
            ["final_failure_code", "final_failure", "final_receipts", "final_rows", "final_success", "final_errors", "final_started_ms", "final_finished_ms"]),
    ];

    static string Copy(string happened, string at, string[] facts) => $"""
        INSERT INTO {ClickHouseTables.JobEvents} (tenant_id, job_id, event, at, model_id, final_state, header_line, facts)
        SELECT
            tenant_id, job_id, '{happened}', assumeNotNull({at}),
            {(happened == "created" ? "model_id, '', header_line" : happened == "settled" ? "'', coalesce(final_state, ''), ''" : "'', '', ''")},
            {(facts.Length == 0 ? "'{}'" : $"concat('{{', {string.Join(", ',', ", facts.Select(name => $"'\"{name}\":', ifNull(toJSONString({name}), 'null')"))}, '}}')")}
        FROM {ClickHouseTables.Jobs} FINAL
        WHERE created_at IS NOT NULL AND ({at}) IS NOT NULL
        """;
}
