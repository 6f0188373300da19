using Batch.Core.Chunks;

namespace Batch.Csv.Validation;

/// <summary>The rows of a chunk and what they are.</summary>
public readonly record struct ChunkRows(ChunkHeader Header, ReadOnlyMemory<byte> Bytes);
