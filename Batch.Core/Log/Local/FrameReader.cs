using Batch.Primitives;
namespace Batch.Core.Log.Local;

internal enum FrameStatus
{
    /// <summary>The frame's own checksum holds and all its bytes are there.</summary>
    Good,
    /// <summary>The frame's own checksum holds, its value is cut short.</summary>
    Torn,
    /// <summary>No frame, or one whose lengths cannot be trusted.</summary>
    Bad,
}

/// <summary>Reads frames of a segment through one look-ahead buffer, so that small records cost no system call each.</summary>
/// <remarks>
/// The buffer may keep bytes of a segment: it never goes stale, because bytes below a segment's length are final.
/// Not for concurrent use.
/// </remarks>
internal sealed class FrameReader
{
    const int LookAhead = 64 << 10;

    byte[] _buffer = new byte[LookAhead];
    Segment? _segment;
    long _start;
    int _count;

    /// <summary>Looks at the frame that starts at <paramref name="position"/>; bytes from <paramref name="limit"/> on do not count.</summary>
    public FrameStatus Read(Segment segment, long position, long limit, out RecordFrame frame)
    {
        frame = default;
        var bytes = Fill(segment, position, limit, RecordFrame.FixedBytes);
        var needed = RecordFrame.BytesToParse(bytes);
        if (needed > bytes.Length)
            bytes = Fill(segment, position, limit, needed);
        if (!RecordFrame.TryParse(bytes, out frame))
            return FrameStatus.Bad;
        return frame.TotalBytes <= limit - position ? FrameStatus.Good : FrameStatus.Torn;
    }

    /// <summary>The headers of the good frame at <paramref name="position"/>.</summary>
    public LogHeader[] ReadHeaders(Segment segment, long position, RecordFrame frame)
    {
        var size = RecordFrame.FixedBytes + frame.HeaderBytes;
        return RecordFrame.ReadHeaders(Fill(segment, position, position + size, size)[RecordFrame.FixedBytes..size]);
    }

    /// <summary>Copies the value of the good frame at <paramref name="position"/>; what the look-ahead holds is not read again.</summary>
    public void ReadValue(Segment segment, long position, RecordFrame frame, Span<byte> target)
    {
        var from = position + RecordFrame.FixedBytes + frame.HeaderBytes;
        if (segment == _segment && from >= _start && from < _start + _count)
        {
            var held = _buffer.AsSpan((int)(from - _start), (int)Math.Min(target.Length, _start + _count - from));
            held.CopyTo(target);
            target = target[held.Length..];
            from += held.Length;
        }
        ReadFully(segment, from, target);
    }

    /// <summary>Whether the value of the good frame at <paramref name="position"/> is what was written.</summary>
    public bool CheckValue(Segment segment, long position, RecordFrame frame)
    {
        var crc = 0u;
        var from = position + RecordFrame.FixedBytes + frame.HeaderBytes;
        var end = from + frame.ValueBytes;
        while (from < end)
        {
            var bytes = Fill(segment, from, end, (int)Math.Min(LookAhead, end - from));
            bytes = bytes[..(int)Math.Min(bytes.Length, end - from)];
            crc = Crc32C.Of(bytes, crc);
            from += bytes.Length;
        }
        return crc == frame.ValueChecksum;
    }

    /// <summary>
    /// The first good frame at or after <paramref name="from"/> with an offset in [least, below): where reading goes on after
    /// damage. -1 where there is none. The bounds keep bytes of a value that happen to look like a frame from passing for one.
    /// </summary>
    public long Find(Segment segment, long from, long limit, long least, long below)
    {
        while (limit - from >= RecordFrame.FixedBytes)
        {
            var bytes = Fill(segment, from, limit, RecordFrame.FixedBytes);
            var at = bytes.IndexOf(RecordFrame.Mark);
            if (at < 0)
            {
                from += bytes.Length - RecordFrame.Mark.Length + 1;
                continue;
            }
            from += at;
            if (Read(segment, from, limit, out var frame) == FrameStatus.Good && frame.Offset >= least && frame.Offset < below)
                return from;
            from++;
        }
        return -1;
    }

    /// <summary>At least <paramref name="wanted"/> bytes from <paramref name="position"/> on, or as many as there are before the limit.</summary>
    ReadOnlySpan<byte> Fill(Segment segment, long position, long limit, int wanted)
    {
        wanted = (int)Math.Min(wanted, limit - position);
        var inside = segment == _segment && position >= _start && position + wanted <= _start + _count;
        if (!inside)
        {
            if (_buffer.Length < wanted)
                _buffer = new byte[wanted];
            var count = (int)Math.Min(_buffer.Length, limit - position);
            _segment = null;
            ReadFully(segment, position, _buffer.AsSpan(0, count));
            (_segment, _start, _count) = (segment, position, count);
        }
        var at = (int)(position - _start);
        return _buffer.AsSpan(at, (int)Math.Min(_count - at, limit - position));
    }

    static void ReadFully(Segment segment, long position, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            var read = RandomAccess.Read(segment.File, target, position);
            if (read == 0)
                throw new IOException($"{segment.Path} ends before byte {position + target.Length}.");
            target = target[read..];
            position += read;
        }
    }
}
