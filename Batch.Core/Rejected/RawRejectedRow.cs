namespace Batch.Core.Rejected;

/// <summary>A rejected row as it stood in the file, byte for byte, without its line break.</summary>
/// <param name="Row">Its number in the file it was first submitted in.</param>
/// <param name="Line">The line on which it starts there.</param>
public readonly record struct RawRejectedRow(long Row, long Line, ReadOnlyMemory<byte> Raw);
