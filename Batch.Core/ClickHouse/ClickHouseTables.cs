namespace Batch.Core.ClickHouse;

/// <summary>The tables of Batch's own: names and DDL.</summary>
/// <remarks>
/// Nothing here is ever updated in place. A job is what its events add up to, of which ClickHouse keeps the first of a kind, and of the
/// signs of life the last: whatever order they arrive in, however often, from however many processes, merged or not yet, a reading
/// gives the same. Receipts fold the same way, per chunk, by maxima and minima. A job is written in a dozen inserts and read many times,
/// and what that costs grows with the columns: so what an event says is JSON in one of them, and people have the views <c>jobs</c> and <c>chunks</c>.
/// All times are DEFAULTs: they come from ClickHouse's clock, the only one that everybody shares.
/// </remarks>
internal static class ClickHouseTables
{
    public const string Models = "models";
    public const string JobEvents = "job_events";
    public const string Jobs = "jobs";
    public const string Receipts = "receipts";
    public const string Chunks = "chunks";
    public const string RejectedRows = "rejected_rows";
    public const string DeadLetters = "dead_letters";
    public const string SchemaVersion = "schema_version";

    /// <summary>Deduplication is off (0) by default; a token falls out after this many later inserts into the table.</summary>
    public const string Deduplication =
        "non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000";

    const string Time = "DateTime64(3, 'UTC')";

    public static IReadOnlyList<string> Tables =>
    [
        // kind: 'version' (the version's content; the first one with its number counts), 'ready' (its table is as the version needs it)
        // and 'deleted' (the model, all versions).
        $"""
        CREATE TABLE IF NOT EXISTS {Models}
        (
            tenant_id LowCardinality(String),
            model_id String,
            version UInt32,
            kind LowCardinality(String),
            writer String,
            name String,
            schema_json String,
            canonical_json String,
            created_ms Nullable(Int64),
            made_at {Time} DEFAULT now64(3)
        )
        ENGINE = MergeTree ORDER BY (tenant_id, model_id, version)
        SETTINGS {Deduplication}
        """,
        // ago_ms is not stored: it tells the DEFAULT of the time. rank makes of equal events the first one stay, of signs of life the last.
        // Granules of 1024: a list of jobs goes through all of a tenant's events, which cost twice as much in granules of 256; a job by its id costs the
        // same. Merges wait for 24 parts, as those of a model's table wait for more than ClickHouse would.
        $"""
        CREATE TABLE IF NOT EXISTS {JobEvents}
        (
            tenant_id LowCardinality(String),
            job_id String,
            event LowCardinality(String) COMMENT 'created, progress, ended, failed, started, loaded, stop, verdict, settled, resumed; of the n-th attempt after the first with #n',
            ago_ms Int64 EPHEMERAL 0,
            at {Time} DEFAULT now64(3) - toIntervalMillisecond(ago_ms),
            model_id String COMMENT 'of created and loaded',
            final_state LowCardinality(String) COMMENT 'of settled',
            header_line String COMMENT 'of created and loaded; base64',
            facts String COMMENT 'JSON',
            source_job_id String DEFAULT JSONExtractString(facts, 'source_job_id') COMMENT 'the job whose rejected rows are repaired; of created',
            rank Int64 MATERIALIZED if(event = 'progress', 1, -1) * toUnixTimestamp64Milli(at),
            INDEX at at TYPE minmax GRANULARITY 1,
            INDEX source_job_id source_job_id TYPE bloom_filter GRANULARITY 1
        )
        ENGINE = ReplacingMergeTree(rank) ORDER BY (tenant_id, job_id, event)
        SETTINGS index_granularity = 1024, min_parts_to_merge_at_once = 24, {Deduplication}
        """,
        // The same chunk gives the same receipt; of a loaded and an abandoned one the maximum is the loaded one.
        // The first time a receipt is there is the time that counts.
        $"""
        CREATE TABLE IF NOT EXISTS {Receipts}
        (
            tenant_id LowCardinality(String),
            job_id String,
            ordinal UInt32,
            duration_ms Int64 EPHEMERAL 0,
            rows SimpleAggregateFunction(max, Int64),
            success SimpleAggregateFunction(max, Int64),
            errors SimpleAggregateFunction(max, Int64),
            attempt SimpleAggregateFunction(max, UInt32) DEFAULT 0 COMMENT 'of the upload; 0 is the first',
            checksum SimpleAggregateFunction(max, UInt32) DEFAULT 0 COMMENT 'CRC-32C of the bytes; 0: not known',
            worker SimpleAggregateFunction(max, String),
            started_at SimpleAggregateFunction(min, {Time}) DEFAULT now64(3) - toIntervalMillisecond(duration_ms),
            finished_at SimpleAggregateFunction(min, {Time}) DEFAULT now64(3)
        )
        ENGINE = AggregatingMergeTree ORDER BY (tenant_id, job_id, ordinal)
        SETTINGS index_granularity = 256, min_parts_to_merge_at_once = 10, {Deduplication}
        """,
        // A file of which every row is bad makes as many parts as a good one, of wider rows: they are merged as late as those of a model's table
        // are, and are one file each until then.
        $"""
        CREATE TABLE IF NOT EXISTS {RejectedRows}
        (
            tenant_id LowCardinality(String),
            job_id String,
            row UInt64,
            seq UInt16 COMMENT 'n-th error of the row, from 0',
            line UInt64,
            event_id String,
            column LowCardinality(String),
            type LowCardinality(String),
            error LowCardinality(String),
            observed String,
            has_observed UInt8,
            message LowCardinality(String),
            raw String COMMENT 'the row as it stood in the file; only where seq is 0',
            ingested_at DateTime DEFAULT now()
        )
        ENGINE = MergeTree ORDER BY (tenant_id, job_id, row, seq)
        SETTINGS min_parts_to_merge_at_once = 10, min_bytes_for_wide_part = 67108864, {Deduplication}
        """,
        $"""
        CREATE TABLE IF NOT EXISTS {DeadLetters}
        (
            tenant_id LowCardinality(String),
            job_id String,
            ordinal UInt32,
            at {Time} DEFAULT now64(3),
            worker String,
            attempts UInt32,
            error String,
            header String COMMENT 'JSON, as it stood in the log record',
            payload String COMMENT 'the rows of the chunk' CODEC(ZSTD(1))
        )
        ENGINE = MergeTree ORDER BY (tenant_id, job_id, ordinal)
        SETTINGS {Deduplication}
        """,
    ];

    /// <summary>What layouts before 4 lack. Idempotent, and without effect on a layout that has it.</summary>
    public static IReadOnlyList<string> Layout4 =>
    [
        $"ALTER TABLE {JobEvents} ADD COLUMN IF NOT EXISTS source_job_id String DEFAULT JSONExtractString(facts, 'source_job_id') AFTER facts",
        $"ALTER TABLE {JobEvents} ADD INDEX IF NOT EXISTS source_job_id source_job_id TYPE bloom_filter GRANULARITY 1",
        $"ALTER TABLE {Receipts} ADD COLUMN IF NOT EXISTS attempt SimpleAggregateFunction(max, UInt32) DEFAULT 0 AFTER errors",
        $"ALTER TABLE {Receipts} ADD COLUMN IF NOT EXISTS checksum SimpleAggregateFunction(max, UInt32) DEFAULT 0 AFTER attempt",
    ];

    /// <summary>For people; Batch itself reads events and receipts.</summary>
    public static IReadOnlyList<string> Views =>
    [
        // A job that is one chunk has no event of its upload's end, and may have none of its creation: 'loaded' says both.
        $"""
        CREATE OR REPLACE VIEW {Jobs} AS
        SELECT
            tenant_id, job_id,
            minIf(at, event IN ('created', 'loaded')) AS created_at,
            anyIf(model_id, event IN ('created', 'loaded')) AS model_id,
            JSONExtractString(anyIf(facts, event IN ('created', 'loaded')) AS about, 'model_name') AS model_name,
            JSONExtractUInt(about, 'model_version') AS model_version,
            JSONExtract(about, 'file_name', 'Nullable(String)') AS file_name,
            JSONExtract(about, 'label', 'Nullable(String)') AS label,
            base64Decode(anyIf(header_line, event IN ('created', 'loaded'))) AS header_line,
            minOrNullIf({StartedAt}, event IN ('started', 'loaded')) AS started_at,
            maxIf(event_attempt, startsWith(event, 'resumed')) AS attempt,
            if(
                maxIf(event_attempt, match(event, '^(ended|failed)')) = attempt,
                argMaxOrNullIf(at, (event_attempt, rank), match(event, '^(created|loaded|ended|failed)') AND JSONHas(facts, 'total_rows')),
                NULL) AS upload_ended_at,
            argMaxOrNullIf(
                JSONExtractInt(facts, 'total_rows'), (event_attempt, JSONExtractInt(facts, 'total_rows')), JSONHas(facts, 'total_rows')) AS total_rows,
            if(
                (countIf(startsWith(event, 'settled')) > 0 AND maxIf(event_attempt, startsWith(event, 'settled')) = attempt) AS is_settled,
                argMaxOrNullIf(at, (event_attempt, rank), startsWith(event, 'settled')), NULL) AS settled_at,
            if(is_settled, argMaxIf(final_state, (event_attempt, rank), startsWith(event, 'settled')), '') AS final_state,
            JSONExtract(
                if(is_settled, argMaxIf(facts, (event_attempt, rank), startsWith(event, 'settled')), '') AS final,
                'final_failure_code', 'Nullable(String)') AS final_failure_code,
            JSONExtractInt(final, 'final_success') AS final_success,
            JSONExtractInt(final, 'final_errors') AS final_errors
        FROM (SELECT *, rank, toUInt32OrZero(substring(event, position(event, '#') + 1)) AS event_attempt FROM {JobEvents})
        GROUP BY tenant_id, job_id
        HAVING countIf(event IN ('created', 'loaded')) > 0
        """,
        $"""
        CREATE OR REPLACE VIEW {Chunks} AS
        SELECT
            tenant_id, job_id, ordinal, max(rows) AS rows, max(success) AS success, max(errors) AS errors,
            max(worker) AS worker, min(started_at) AS started_at, min(finished_at) AS finished_at
        FROM
        (
            SELECT tenant_id, job_id, ordinal, rows, success, errors, worker, started_at, finished_at FROM {Receipts}
            UNION ALL
            SELECT
                tenant_id, job_id, toUInt32(0), JSONExtractInt(facts, 'total_rows'), JSONExtractInt(facts, 'loaded_success'),
                JSONExtractInt(facts, 'loaded_errors'), JSONExtractString(facts, 'worker'), {StartedAt},
                {StartedAt} + toIntervalMillisecond(JSONExtractInt(facts, 'loaded_in_ms'))
            FROM {JobEvents} WHERE event = 'loaded'
        )
        GROUP BY tenant_id, job_id, ordinal
        """,
    ];

    const string StartedAt = "at + toIntervalMillisecond(JSONExtractInt(facts, 'waited_ms'))";
}
