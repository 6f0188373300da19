using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>
/// Whole batches of one segment, found and not yet read. To be disposed of once, read or not: it keeps the segment's
/// file open, so that it can be read even where the segment is freed meanwhile.
/// </summary>
/// <remarks>Not more than the rest of a segment: ask again at <see cref="NextOffset"/> for what follows.</remarks>
public readonly struct FetchSlice : IDisposable
{
    readonly Segment? _segment;
    readonly SafeFileHandle? _file;
    readonly long _position;

    internal FetchSlice(Segment segment, SafeFileHandle file, long position, int length, long nextOffset, long end) =>
        (_segment, _file, _position, Length, NextOffset, End) = (segment, file, position, length, nextOffset, end);

    internal FetchSlice(long nextOffset, long end) => (NextOffset, End) = (nextOffset, end);

    /// <summary>Bytes; 0 where there is nothing to read yet.</summary>
    public int Length { get; }

    /// <summary>Offset after the last batch of the slice.</summary>
    public long NextOffset { get; }

    /// <summary>The partition's end (high watermark) when the slice was found.</summary>
    public long End { get; }

    /// <summary>Reads all of it.</summary>
    /// <param name="target">At least <see cref="Length"/> bytes.</param>
    /// <exception cref="KafkaErrorException">KafkaStorageError: the disk cannot be read.</exception>
    public void CopyTo(Span<byte> target) => CopyTo(0, target[..Length]);

    /// <summary>Reads a part, so that a large slice can be passed on through a small buffer.</summary>
    /// <param name="from">Bytes of the slice before the part.</param>
    public void CopyTo(int from, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)from + target.Length, Length, nameof(target));
        if (_segment is null || target.IsEmpty)
            return;
        try
        {
            _segment.ReadFully(_file!, _position + from, target);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            throw new KafkaErrorException(KafkaError.KafkaStorageError, $"{_segment.Path} cannot be read: {e.Message}", e);
        }
    }

    public void Dispose() => _segment?.Return();
}
