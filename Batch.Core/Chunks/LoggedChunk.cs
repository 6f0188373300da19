using System.Diagnostics;

namespace Batch.Core.Chunks;

/// <summary>A chunk as it came out of the log.</summary>
/// <param name="Bytes">Its rows; memory of the record.</param>
/// <param name="Json">The header as it stood in the record.</param>
/// <param name="Trace">The trace that it was appended in; the default where the record has none or a garbled one.</param>
/// <param name="AppendedAt">By the log's clock.</param>
public readonly record struct LoggedChunk(
    ChunkHeader Header, ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Json, ActivityContext Trace, DateTimeOffset AppendedAt);
