using Batch.Primitives;

namespace Batch.Csv.Cutting;

/// <summary>Consecutive whole rows of a file, as they stood there. Holds its memory until it is disposed.</summary>
/// <remarks>Starts with the first byte of its first row. Of a line longer than MaxRowBytes only the first MaxRowBytes + 1 bytes are there.</remarks>
public sealed class RawChunk : IDisposable
{
    ChunkBuffer? _buffer;

    internal RawChunk(ChunkBuffer buffer, ReadOnlyMemory<byte> bytes)
    {
        _buffer = buffer.Hold();
        Bytes = bytes;
        Checksum = Crc32C.Of(bytes.Span);
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Counts up from 0.</summary>
    public required int Ordinal { get; init; }

    public required int Rows { get; init; }

    /// <summary>Number of the first row; data rows of a file count from 1.</summary>
    public required long FirstRow { get; init; }

    /// <summary>Number of the line on which the first row starts; lines of a file count from 1.</summary>
    public required long FirstLine { get; init; }

    /// <summary>The file ends with it. False where that was not known when it was cut.</summary>
    public bool IsLast { get; init; }

    /// <summary>CRC-32C of <see cref="Bytes"/>.</summary>
    public uint Checksum { get; }

    public void Dispose() => Interlocked.Exchange(ref _buffer, null)?.Release();
}
