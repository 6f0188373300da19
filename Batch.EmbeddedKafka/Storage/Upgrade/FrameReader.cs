using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage.Upgrade;

/// <summary>Reads the frames of one segment file of layout 1 through one buffer.</summary>
internal sealed class FrameReader(string path) : IDisposable
{
    const int LookAhead = 64 << 10;

    readonly SafeFileHandle _file = File.OpenHandle(path);
    readonly long _length = new FileInfo(path).Length;
    byte[] _buffer = new byte[LookAhead];
    long _start;
    int _count;

    public long Length => _length;

    /// <summary>Looks at the frame that starts at <paramref name="position"/>.</summary>
    public FrameStatus Read(long position, out RecordFrame frame)
    {
        frame = default;
        var bytes = Fill(position, RecordFrame.FixedBytes);
        var needed = RecordFrame.BytesToParse(bytes);
        if (needed > bytes.Length)
            bytes = Fill(position, needed);
        if (!RecordFrame.TryParse(bytes, out frame))
            return FrameStatus.Bad;
        return frame.TotalBytes <= _length - position ? FrameStatus.Good : FrameStatus.Torn;
    }

    public List<(byte[] Key, byte[] Value)> ReadHeaders(long position, in RecordFrame frame)
    {
        var size = RecordFrame.FixedBytes + frame.HeaderBytes;
        return RecordFrame.ReadHeaders(Fill(position, size)[RecordFrame.FixedBytes..size]);
    }

    /// <summary>A piece of the value of the good frame at <paramref name="position"/>, as long as the buffer has it.</summary>
    public ReadOnlySpan<byte> ReadValue(long position, in RecordFrame frame, int from)
    {
        var left = frame.ValueBytes - from;
        var piece = Fill(position + RecordFrame.FixedBytes + frame.HeaderBytes + from, Math.Min(left, LookAhead));
        return piece[..Math.Min(left, piece.Length)];
    }

    /// <summary>The first good frame at or after <paramref name="from"/> with an offset in [least, below); -1 where there is none.</summary>
    /// <remarks>The bounds keep bytes of a value that happen to look like a frame from passing for one.</remarks>
    public long Find(long from, long least, long below)
    {
        while (_length - from >= RecordFrame.FixedBytes)
        {
            var bytes = Fill(from, RecordFrame.FixedBytes);
            var at = bytes.IndexOf(RecordFrame.Mark);
            if (at < 0)
            {
                from += bytes.Length - RecordFrame.Mark.Length + 1;
                continue;
            }
            from += at;
            if (Read(from, out var frame) == FrameStatus.Good && frame.Offset >= least && frame.Offset < below)
                return from;
            from++;
        }
        return -1;
    }

    /// <summary>At least <paramref name="wanted"/> bytes from <paramref name="position"/> on, or as many as there are.</summary>
    ReadOnlySpan<byte> Fill(long position, int wanted)
    {
        wanted = (int)Math.Min(wanted, _length - position);
        if (position < _start || position + wanted > _start + _count)
        {
            if (_buffer.Length < wanted)
                _buffer = new byte[wanted];
            var count = (int)Math.Min(_buffer.Length, _length - position);
            for (var done = 0; done < count;)
            {
                var read = RandomAccess.Read(_file, _buffer.AsSpan(done, count - done), position + done);
                if (read == 0)
                    throw new IOException($"{path} ends before byte {position + count}.");
                done += read;
            }
            (_start, _count) = (position, count);
        }
        return _buffer.AsSpan((int)(position - _start), _count - (int)(position - _start));
    }

    public void Dispose() => _file.Dispose();
}
