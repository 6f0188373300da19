namespace Batch.Core.Chunks;

/// <summary>The rows of a chunk and what they are.</summary>
public readonly record struct ChunkRows(ChunkHeader Header, ReadOnlyMemory<byte> Bytes);
