namespace Batch.Core.Chunks;

/// <summary>A log record that is not a chunk this version can read: no retry helps, it belongs to the dead letters.</summary>
public sealed class ChunkFormatException(string message, Exception? inner = null) : Exception(message, inner);
