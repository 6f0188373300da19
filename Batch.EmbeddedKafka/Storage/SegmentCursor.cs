using Batch.EmbeddedKafka.Batches;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>Goes from header to header through a segment, over damage that is known.</summary>
/// <remarks>Reads through the caller's buffer, so that small batches cost no system call each.</remarks>
/// <param name="buffer">At least a header.</param>
/// <param name="expected">Offset of the batch that stands at <paramref name="position"/>.</param>
/// <param name="limit">Bytes from here on do not count.</param>
internal ref struct SegmentCursor(Segment segment, SafeFileHandle file, Span<byte> buffer, long position, long expected, long limit)
{
    readonly Span<byte> _buffer = buffer;
    long _start;
    int _count;

    public long Position { get; private set; } = position;

    /// <summary>Offset that the batch at <see cref="Position"/> has if it is sound.</summary>
    public long Expected { get; private set; } = expected;

    /// <summary>The batch before the current place, if the cursor came from there: it is its length that may be damaged.</summary>
    public (long Position, long Offset, long Size)? Before { get; private set; }

    /// <summary>The header that <see cref="Read"/> has found, or the bytes that are none; fewer than a header at the limit.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public readonly RecordBatch Batch => new(Bytes);

    /// <summary>Looks at the batch at the current place, or at the first one behind known damage.</summary>
    public CursorStatus Read()
    {
        foreach (var gap in segment.Gaps)
            if (gap.From == Position)
                (Position, Expected, Before) = (gap.To, gap.NextOffset, null);
        if (Position >= limit)
        {
            Bytes = default;
            return CursorStatus.End;
        }
        Fill();
        if (Bytes.Length < RecordBatch.HeaderBytes)
            return CursorStatus.Damaged;
        var batch = Batch;
        if (!batch.IsPlausible || batch.BaseOffset != Expected)
            return CursorStatus.Damaged;
        return batch.Size <= limit - Position ? CursorStatus.Good : CursorStatus.Torn;
    }

    /// <summary>Past the good batch of the last <see cref="Read"/>.</summary>
    public void Advance()
    {
        var batch = Batch;
        Before = (Position, batch.BaseOffset, batch.Size);
        Expected = batch.LastOffset + 1;
        Position += batch.Size;
    }

    /// <summary>Back to the batch before, whose header is then what <see cref="Bytes"/> has.</summary>
    public void Back()
    {
        (Position, Expected) = (Before!.Value.Position, Before.Value.Offset);
        Before = null;
        Fill();
    }

    void Fill()
    {
        var wanted = (int)Math.Min(RecordBatch.HeaderBytes, limit - Position);
        if (Position < _start || Position + wanted > _start + _count)
        {
            _count = 0;
            _count = segment.Read(file, Position, _buffer[..(int)Math.Min(_buffer.Length, limit - Position)]);
            _start = Position;
        }
        Bytes = _buffer.Slice((int)(Position - _start), Math.Min(wanted, _count - (int)(Position - _start)));
    }
}
