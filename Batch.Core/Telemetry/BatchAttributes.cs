namespace Batch.Core.Telemetry;

/// <summary>Names of span attributes: OpenTelemetry's where it has one, ours under <c>batch.</c> where it has none.</summary>
/// <remarks>Attributes of spans may hold ids; labels of metrics may not.</remarks>
public static class BatchAttributes
{
    public const string Tenant = "batch.tenant";
    public const string JobId = "batch.job.id";
    public const string JobState = "batch.job.state";
    public const string ModelId = "batch.model.id";
    public const string ModelVersion = "batch.model.version";
    public const string ChunkOrdinal = "batch.chunk.ordinal";
    public const string ChunkRows = "batch.chunk.rows";
    /// <summary>In bytes.</summary>
    public const string ChunkBytes = "batch.chunk.bytes";

    public const string LogTopic = "messaging.destination.name";
    public const string LogPartition = "messaging.destination.partition.id";
    public const string LogOffset = "messaging.kafka.offset";
    public const string LogOperation = "messaging.operation.type";

    /// <summary>Who is called, where it sends no spans of its own.</summary>
    public const string Peer = "peer.service";
    public const string DatabaseSystem = "db.system.name";
    public const string DatabaseOperation = "db.operation.name";
    public const string DatabaseTable = "db.collection.name";
    public const string DatabaseErrorCode = "db.response.status_code";
    public const string QueryId = "db.clickhouse.query_id";
}
