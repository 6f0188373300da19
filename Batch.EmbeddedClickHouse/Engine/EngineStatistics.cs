namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>What a statement cost. Rows written count deduplicated rows too.</summary>
/// <param name="Seconds">Time inside the engine.</param>
internal readonly record struct EngineStatistics(long RowsRead, long BytesRead, long RowsWritten, long BytesWritten, double Seconds);
