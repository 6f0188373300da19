namespace Batch.Core.ClickHouse;

/// <summary>Batch's own tables: names and DDL.</summary>
/// <remarks>
/// Nothing here is ever updated in place. A job is one stream of events, including a receipt for each of its chunks. ClickHouse keeps the first of a kind,
/// of heartbeats the last, of a chunk's receipts the one with the most rows. Whatever order they arrive in, however often, merged or not, a
/// read gives the same. A job is written in a dozen inserts and read many times, and the cost of that grows with the columns. So an event's data is JSON
/// in one column, from which the counts of receipts are copied into others, to be summed; people have the views <c>jobs</c> and <c>chunks</c>.
/// All times are DEFAULTs: they come from ClickHouse's clock, the only one shared by all processes.
/// </remarks>
internal static class ClickHouseTables
{
    public const string Models = "models";
    public const string JobEvents = "job_events";
    public const string Jobs = "jobs";
    public const string Chunks = "chunks";
    public const string RejectedRows = "rejected_rows";
    public const string DeadLetters = "dead_letters";
    public const string SchemaVersion = "schema_version";
    public const string Probes = "probes";

    /// <summary>All tables, and the two views.</summary>
    public static IReadOnlyList<string> Names { get; } = [Models, JobEvents, RejectedRows, DeadLetters, SchemaVersion, Probes, Jobs, Chunks];

    public const string ReplaceView = "CREATE OR REPLACE VIEW", CreateView = "CREATE VIEW IF NOT EXISTS";

    /// <summary>Deduplication is off (0) by default; a token is forgotten after this many later inserts into the table.</summary>
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
        // ago_ms is not stored: the DEFAULT of the time uses it. rank keeps the first of equal events, the last of heartbeats, and of the receipts of
        // a chunk the one with the most rows loaded or rejected: the same chunk gives the same receipt, and "loaded" beats "given up".
        // Granules of 1024: a list of jobs reads all of a tenant's events, which costs twice as much with granules of 256; a job by its id costs the
        // same. Merges wait for 24 parts, just as those of a model's table wait for more than ClickHouse's default.
        $"""
        CREATE TABLE IF NOT EXISTS {JobEvents}
        (
            tenant_id LowCardinality(String),
            job_id String,
            event LowCardinality(String) COMMENT 'created, progress, ended, failed, started, chunk, stop, verdict, settled, resumed; of the n-th attempt after the first with #n',
            {Ordinal},
            ago_ms Int64 EPHEMERAL 0,
            at {Time} DEFAULT now64(3) - toIntervalMillisecond(ago_ms),
            model_id String COMMENT 'of created, and of the chunk that is all of its job',
            final_state LowCardinality(String) COMMENT 'of settled',
            header_line String COMMENT 'as model_id; base64',
            facts String COMMENT 'JSON',
            source_job_id String DEFAULT JSONExtractString(facts, 'source_job_id') COMMENT 'the job whose rejected rows are repaired; of created',
            {string.Join(",\n            ", ReceiptColumns)},
            {Rank},
            INDEX at at TYPE minmax GRANULARITY 1,
            INDEX source_job_id source_job_id TYPE bloom_filter GRANULARITY 1
        )
        ENGINE = ReplacingMergeTree(rank) PRIMARY KEY (tenant_id, job_id, event) ORDER BY ({JobEventsOrder})
        SETTINGS index_granularity = 1024, min_parts_to_merge_at_once = 24, {Deduplication}
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
        // One row, of which merges keep the latest: that a row can be written is known from it (ClickHouseProbe).
        $"""
        CREATE TABLE IF NOT EXISTS {Probes} (id UInt8, at {Time} DEFAULT now64(3)) ENGINE = ReplacingMergeTree(at) ORDER BY id
        """,
    ];

    /// <summary>What layouts before 5 lack. Idempotent, and without effect on newer layouts.</summary>
    public static IReadOnlyList<string> Layout5 =>
    [
        $"ALTER TABLE {JobEvents} ADD COLUMN IF NOT EXISTS source_job_id String DEFAULT JSONExtractString(facts, 'source_job_id') AFTER facts",
        $"ALTER TABLE {JobEvents} ADD INDEX IF NOT EXISTS source_job_id source_job_id TYPE bloom_filter GRANULARITY 1",
        // A new column may join the sorting key only in the statement that adds it.
        $"ALTER TABLE {JobEvents} ADD COLUMN IF NOT EXISTS {Ordinal} AFTER event, MODIFY ORDER BY ({JobEventsOrder})",
        $"ALTER TABLE {JobEvents} {string.Join(", ", ReceiptColumns.Select(column => "ADD COLUMN IF NOT EXISTS " + column))}",
        $"ALTER TABLE {JobEvents} MODIFY COLUMN {Rank}",
    ];

    /// <summary>For people; Batch itself reads events and receipts.</summary>
    /// <param name="create">How: whether one that is there is replaced.</param>
    public static IReadOnlyList<string> Views(string create) =>
    [
        // A single-chunk job has no event for the end of its upload, and may have none for its creation: its chunk has both.
        $"""
        {create} {Jobs} AS
        SELECT
            tenant_id, job_id,
            minIf(at, is_origin) AS created_at,
            anyIf(model_id, is_origin) AS model_id,
            JSONExtractString(anyIf(facts, is_origin) AS about, 'model_name') AS model_name,
            JSONExtractUInt(about, 'model_version') AS model_version,
            JSONExtract(about, 'file_name', 'Nullable(String)') AS file_name,
            JSONExtract(about, 'label', 'Nullable(String)') AS label,
            base64Decode(anyIf(header_line, is_origin)) AS header_line,
            minOrNullIf({StartedAt}, event = 'started' OR startsWith(event, 'chunk')) AS started_at,
            maxIf(event_attempt, startsWith(event, 'resumed')) AS attempt,
            if(
                maxIf(event_attempt, match(event, '^(ended|failed)')) = attempt,
                argMaxOrNullIf(at, (event_attempt, -toUnixTimestamp64Milli(at)), JSONHas(facts, 'total_rows')),
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
        FROM (SELECT *, rank, attempt AS event_attempt, {TellsOfCreation} AS is_origin FROM {JobEvents} WHERE event != 'loaded')
        GROUP BY tenant_id, job_id
        HAVING countIf(is_origin) > 0
        """,
        $"""
        {create} {Chunks} AS
        SELECT
            tenant_id, job_id, ordinal, max(rows) AS rows, max(success) AS success, max(errors) AS errors,
            argMax(JSONExtractString(facts, 'worker'), rank) AS worker, argMax({StartedAt}, rank) AS started_at,
            argMax(at + toIntervalMillisecond(took_ms), rank) AS finished_at
        FROM {JobEvents}
        WHERE startsWith(event, 'chunk')
        GROUP BY tenant_id, job_id, ordinal
        """,
    ];

    /// <summary>Whether an event describes its job: the creation does, and so does the receipt of a chunk that creates its job.</summary>
    public const string TellsOfCreation = "model_id != ''";

    const string JobEventsOrder = "tenant_id, job_id, event, ordinal";
    const string Ordinal = "ordinal UInt32 COMMENT 'of chunk; counts from 0'";

    const string StartedAt = "at + toIntervalMillisecond(JSONExtractInt(facts, 'waited_ms'))";

    // Counts that are summed over many chunks. Every further column makes reading a small job more expensive, so nothing else of a receipt has one.
    static readonly string[] ReceiptColumns =
    [
        "rows Int64 DEFAULT JSONExtractInt(facts, 'rows') COMMENT 'of chunk, as the next three'",
        "success Int64 DEFAULT JSONExtractInt(facts, 'success')",
        "errors Int64 DEFAULT JSONExtractInt(facts, 'errors')",
        "took_ms Int64 DEFAULT JSONExtractInt(facts, 'took_ms') COMMENT 'from at, when the work on it was begun, to its receipt; where it tells of its job too, at is the time of the upload'",
        "attempt UInt32 ALIAS toUInt32OrZero(substring(event, position(event, '#') + 1))",
    ];

    const string Rank = """
        rank Int64 MATERIALIZED multiIf(
            event = 'progress', toUnixTimestamp64Milli(at),
            startsWith(event, 'chunk'), least(success + errors, 1048575) * 4398046511104 - toUnixTimestamp64Milli(at),
            -toUnixTimestamp64Milli(at))
        """;
}
