using System.Diagnostics;

namespace Batch.Core.Telemetry;

/// <summary>The spans of a job's one trace: request → upload → append → (log) → chunk → stages → insert.</summary>
/// <remarks>
/// Each method returns null where nobody listens, so callers use <c>using var span = …</c> and <c>span?.SetTag(…)</c>.
/// The context crosses the log in the record's headers: <c>ChunkHeaderCodec.Encode</c> takes the append span's, and
/// <c>Decode</c> gives it back to the worker, which starts the chunk's.
/// </remarks>
public static class BatchSpans
{
    public const string Upload = "upload";
    public const string Append = "append";
    public const string Chunk = "chunk";
    public const string Insert = "insert";
    public const string Query = "query";

    /// <summary>The upload of one file through the API into the log.</summary>
    public static Activity? StartUpload(string tenantId, string modelId, string jobId)
    {
        var span = BatchTelemetry.Source.StartActivity(Upload);
        span?.SetTag(BatchAttributes.Tenant, tenantId).SetTag(BatchAttributes.ModelId, modelId).SetTag(BatchAttributes.JobId, jobId);
        return span;
    }

    /// <summary>One chunk being appended to the log; a child of the upload.</summary>
    public static Activity? StartAppend(string topic, int ordinal, int rows, int bytes)
    {
        var span = BatchTelemetry.Source.StartActivity($"{Append} {topic}", ActivityKind.Producer);
        span?.SetTag(BatchAttributes.LogTopic, topic)
            .SetTag(BatchAttributes.LogOperation, "send")
            .SetTag(BatchAttributes.ChunkOrdinal, ordinal)
            .SetTag(BatchAttributes.ChunkRows, rows)
            .SetTag(BatchAttributes.ChunkBytes, bytes);
        return span;
    }

    /// <summary>One stage of a chunk, named as its metric's <c>stage</c> is; a child of the chunk.</summary>
    public static Activity? StartStage(ChunkStage stage) => BatchTelemetry.Source.StartActivity(ChunkMetrics.NameOf(stage));

    /// <summary>One insert; <paramref name="queryId"/> is the one under which ClickHouse's own <c>system.query_log</c> knows it.</summary>
    public static Activity? StartInsert(string table, string queryId) => StartClickHouse(Insert, table, queryId);

    /// <summary>One statement other than an insert.</summary>
    public static Activity? StartQuery(string? table, string queryId) => StartClickHouse(Query, table, queryId);

    static Activity? StartClickHouse(string operation, string? table, string queryId)
    {
        var span = BatchTelemetry.Source.StartActivity(table is null ? operation : $"{operation} {table}", ActivityKind.Client);
        span?.SetTag(BatchAttributes.Peer, "clickhouse")
            .SetTag(BatchAttributes.DatabaseSystem, "clickhouse")
            .SetTag(BatchAttributes.DatabaseOperation, operation)
            .SetTag(BatchAttributes.DatabaseTable, table)
            .SetTag(BatchAttributes.QueryId, queryId);
        return span;
    }
}
