namespace Batch.Core.ClickHouse;

/// <summary>The tables of Batch's own: names and DDL.</summary>
/// <remarks>
/// Nothing here is ever updated in place. A job is the <em>join</em> of partial rows, one an event, and every column is a maximum,
/// a minimum or absent: whatever order the events arrive in, however often, from however many processes, merged by ClickHouse or
/// not yet, a read with GROUP BY gives the same. Receipts fold the same way, per chunk. To add a fact, add a column whose
/// fold is order-free, with ADD COLUMN IF NOT EXISTS in a further layout of <see cref="ClickHouseMigrations"/>.
/// All times are DEFAULTs: they come from ClickHouse's clock, the only one that everybody shares.
/// </remarks>
internal static class ClickHouseTables
{
    public const string Models = "models";
    public const string Jobs = "jobs";
    public const string Receipts = "receipts";
    public const string RejectedRows = "rejected_rows";
    public const string DeadLetters = "dead_letters";
    public const string SchemaVersion = "schema_version";

    /// <summary>Deduplication is off (0) by default; a token falls out after this many later inserts into the table.</summary>
    public const string Deduplication =
        "non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000";

    const string Time = "DateTime64(3, 'UTC')";

    public static IReadOnlyList<string> Layout1 =>
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
        // event and ago_ms are not stored: they tell the DEFAULTs which times this event sets.
        $"""
        CREATE TABLE IF NOT EXISTS {Jobs}
        (
            tenant_id LowCardinality(String),
            job_id String,
            event String EPHEMERAL '',
            ago_ms Int64 EPHEMERAL 0,
            created_at SimpleAggregateFunction(min, Nullable({Time})) DEFAULT if(event = 'created', now64(3), NULL),
            updated_at SimpleAggregateFunction(max, Nullable({Time})) DEFAULT if(event IN ('settled', 'verdict'), NULL, now64(3)),
            changed_at SimpleAggregateFunction(max, {Time}) DEFAULT now64(3),
            creator SimpleAggregateFunction(max, String),
            model_id SimpleAggregateFunction(max, String),
            model_name SimpleAggregateFunction(max, String),
            model_version SimpleAggregateFunction(max, UInt32),
            file_name SimpleAggregateFunction(max, Nullable(String)),
            label SimpleAggregateFunction(max, Nullable(String)),
            source_job_id SimpleAggregateFunction(max, Nullable(String)),
            header_line SimpleAggregateFunction(max, String) COMMENT 'base64',
            delimiter SimpleAggregateFunction(max, UInt8),
            max_errors SimpleAggregateFunction(max, Nullable(Int64)),
            heartbeat_at SimpleAggregateFunction(max, Nullable({Time})) DEFAULT if(event IN ('created', 'progress'), now64(3), NULL),
            upload_rows SimpleAggregateFunction(max, Int64),
            upload_chunks SimpleAggregateFunction(max, Int64),
            upload_ended_at SimpleAggregateFunction(min, Nullable({Time})) DEFAULT if(event = 'ended', now64(3), NULL),
            total_rows SimpleAggregateFunction(max, Nullable(Int64)),
            total_chunks SimpleAggregateFunction(max, Nullable(Int64)),
            header_fault SimpleAggregateFunction(max, UInt8),
            upload_failure_code SimpleAggregateFunction(max, Nullable(String)),
            upload_failure SimpleAggregateFunction(max, Nullable(String)),
            started_at SimpleAggregateFunction(min, Nullable({Time}))
                DEFAULT if(event = 'started', now64(3) - toIntervalMillisecond(ago_ms), NULL),
            stop_id SimpleAggregateFunction(max, Nullable(String)),
            stop_state SimpleAggregateFunction(max, Nullable(String)),
            stop_code SimpleAggregateFunction(max, Nullable(String)),
            stop_message SimpleAggregateFunction(max, Nullable(String)),
            stop_at SimpleAggregateFunction(min, Nullable({Time})) DEFAULT if(event = 'stop', now64(3), NULL),
            stop_verdict SimpleAggregateFunction(max, Nullable(String)),
            settled_at SimpleAggregateFunction(min, Nullable({Time})) DEFAULT if(event = 'settled', now64(3), NULL),
            final_state SimpleAggregateFunction(max, Nullable(String)),
            final_failure_code SimpleAggregateFunction(max, Nullable(String)),
            final_failure SimpleAggregateFunction(max, Nullable(String)),
            final_receipts SimpleAggregateFunction(max, Int64),
            final_rows SimpleAggregateFunction(max, Int64),
            final_success SimpleAggregateFunction(max, Int64),
            final_errors SimpleAggregateFunction(max, Int64),
            final_started_ms SimpleAggregateFunction(max, Nullable(Int64)),
            final_finished_ms SimpleAggregateFunction(max, Nullable(Int64)),
            INDEX changed changed_at TYPE minmax GRANULARITY 1
        )
        ENGINE = AggregatingMergeTree ORDER BY (tenant_id, job_id)
        SETTINGS index_granularity = 256, {Deduplication}
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
            worker SimpleAggregateFunction(max, String),
            started_at SimpleAggregateFunction(min, {Time}) DEFAULT now64(3) - toIntervalMillisecond(duration_ms),
            finished_at SimpleAggregateFunction(min, {Time}) DEFAULT now64(3)
        )
        ENGINE = AggregatingMergeTree ORDER BY (tenant_id, job_id, ordinal)
        SETTINGS index_granularity = 256, {Deduplication}
        """,
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
            raw String COMMENT 'the row as it stood in the file; only where seq is 0' CODEC(ZSTD(1)),
            ingested_at DateTime DEFAULT now()
        )
        ENGINE = MergeTree ORDER BY (tenant_id, job_id, row, seq)
        SETTINGS {Deduplication}
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
}
