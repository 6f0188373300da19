namespace Batch.Core.ClickHouse;

/// <summary>
/// From a layout before 5, where receipts were a table of their own, and that of a job's only chunk the event <c>loaded</c>, to receipts among the events. The
/// old table stays beside them under another name, and so do the old events, which nobody reads any more.
/// </summary>
/// <remarks>
/// May be gone through any number of times, by several processes at once: a receipt that is copied twice is the same row twice. No copy relies on
/// deduplication: a token that a crash of ClickHouse left without its rows would make the next attempt lose them.
/// </remarks>
internal sealed class ReceiptsUpgrade(ClickHouseClient clickHouse)
{
    const string Old = "receipts", Kept = "receipts_of_layout_4";

    /// <summary>To be called when <c>job_events</c> has the columns of layout 5, before anything is read from there.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        await clickHouse.ExecuteAsync(CopyLoaded, null, cancellationToken);
        if (!await IsThereAsync(cancellationToken))
            return;
        try
        {
            foreach (var statement in CopyReceipts)
                await clickHouse.ExecuteAsync(statement, null, cancellationToken);
        }
        catch (ClickHouseException)
        {
            // Another process was faster, had copied all of it and took the table away.
            if (await IsThereAsync(cancellationToken))
                throw;
        }
    }

    async Task<bool> IsThereAsync(CancellationToken cancellationToken) => (await clickHouse.QueryAsync(
        $"SELECT name FROM system.tables WHERE database = {{database:String}} AND name = '{Old}'",
        new ClickHouseParameters().Add("database", clickHouse.Database), ClickHouseMigrations.LayoutJson.Default.NameRow, cancellationToken)).Count > 0;

    // The facts stay as they are, with what is now called otherwise before them.
    const string CopyLoaded = $$"""
        INSERT INTO {{ClickHouseTables.JobEvents}} (tenant_id, job_id, event, ordinal, at, model_id, header_line, facts)
        SELECT
            tenant_id, job_id, 'chunk', 0, at, model_id, header_line,
            concat(
                '{"rows":', toString(JSONExtractInt(facts, 'total_rows')), ',"success":', toString(JSONExtractInt(facts, 'loaded_success')),
                ',"errors":', toString(JSONExtractInt(facts, 'loaded_errors')),
                ',"took_ms":', toString(JSONExtractInt(facts, 'waited_ms') + JSONExtractInt(facts, 'loaded_in_ms')), ',', substring(facts, 2))
        FROM {{ClickHouseTables.JobEvents}} FINAL
        WHERE event = 'loaded'
        SETTINGS insert_deduplicate = 0
        """;

    static readonly string[] CopyReceipts =
    [
        $"ALTER TABLE {Old} ADD COLUMN IF NOT EXISTS attempt SimpleAggregateFunction(max, UInt32) DEFAULT 0",
        $"ALTER TABLE {Old} ADD COLUMN IF NOT EXISTS checksum SimpleAggregateFunction(max, UInt32) DEFAULT 0",
        $$"""
        INSERT INTO {{ClickHouseTables.JobEvents}} (tenant_id, job_id, event, ordinal, at, facts)
        SELECT
            tenant_id, job_id, if(attempt = 0, 'chunk', concat('chunk#', toString(attempt))), ordinal, started_at,
            concat(
                '{"rows":', toString(rows), ',"success":', toString(success), ',"errors":', toString(errors), ',"checksum":', toString(checksum),
                ',"took_ms":', toString(greatest(0, toUnixTimestamp64Milli(finished_at) - toUnixTimestamp64Milli(started_at))),
                if(attempt = 0, '', concat(',"attempt":', toString(attempt))), ',"worker":', toJSONString(worker), '}')
        FROM {{Old}} FINAL
        SETTINGS insert_deduplicate = 0
        """,
        $"RENAME TABLE {Old} TO {Kept}",
    ];
}
