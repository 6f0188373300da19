using Batch.Csv.Cutting;

namespace Batch.Api.Publishing;

/// <summary>Whole rows that are being published to the log, wherever they came from. The bytes are valid until it is disposed.</summary>
internal sealed class OutgoingChunk(ReadOnlyMemory<byte> bytes, IDisposable? owner) : IDisposable
{
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;
    public required int Ordinal { get; init; }
    public required int Rows { get; init; }
    public required long FirstRow { get; init; }
    public required long FirstLine { get; init; }
    public required uint Checksum { get; init; }
    /// <summary>It is the whole file. False if that was not known when it was cut.</summary>
    public bool IsSingleChunk { get; init; }
    public IReadOnlyList<long>? RowNumbers { get; init; }
    public IReadOnlyList<long>? LineNumbers { get; init; }

    public static OutgoingChunk Of(RawChunk chunk) => new(chunk.Bytes, chunk)
    {
        Ordinal = chunk.Ordinal,
        Rows = chunk.Rows,
        FirstRow = chunk.FirstRow,
        FirstLine = chunk.FirstLine,
        Checksum = chunk.Checksum,
        IsSingleChunk = chunk is { Ordinal: 0, IsLast: true },
    };

    public void Dispose() => owner?.Dispose();
}
