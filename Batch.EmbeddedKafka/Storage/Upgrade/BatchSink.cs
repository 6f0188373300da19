using System.Buffers.Binary;
using Batch.EmbeddedKafka.Batches;
using Batch.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage.Upgrade;

/// <summary>Writes batches of one record into new segments, through one buffer whatever their size.</summary>
internal sealed class BatchSink(LogDisk disk, string folder, long segmentBytes) : IDisposable
{
    const int BufferBytes = 256 << 10;

    readonly byte[] _buffer = new byte[BufferBytes];
    SafeFileHandle? _file;
    int _used;
    long _written;
    long _next = -1;
    uint _crc;

    long Position => _written + _used;

    /// <returns>False: the value is not what was written; nothing was added.</returns>
    public bool TryAdd(FrameReader reader, long position, in RecordFrame frame)
    {
        // Segments have no gap in their offsets.
        if (_file is null || frame.Offset != _next || (Position > 0 && Position + frame.TotalBytes > segmentBytes))
            Begin(frame.Offset);
        var start = Position;
        var headers = reader.ReadHeaders(position, frame);
        var headerBytes = headers.Sum(header => SizeOf(header.Key.Length) + header.Key.Length + SizeOf(header.Value.Length) + header.Value.Length);
        // Attributes, timestamp delta, offset delta and the length of no key: a byte each.
        var record = 4L + SizeOf(frame.ValueBytes) + frame.ValueBytes + SizeOf(headers.Count) + headerBytes;
        WriteBatchHeader(frame, RecordBatch.HeaderBytes + SizeOf(record) + record);
        WriteVarint(record);
        Write([0, 0, 0, 1]);
        WriteVarint(frame.ValueBytes);
        var checksum = 0u;
        for (var done = 0; done < frame.ValueBytes;)
        {
            var piece = reader.ReadValue(position, frame, done);
            checksum = Crc32C.Of(piece, checksum);
            Write(piece);
            done += piece.Length;
        }
        if (checksum != frame.ValueChecksum)
        {
            Undo(start);
            return false;
        }
        WriteVarint(headers.Count);
        foreach (var (key, value) in headers)
        {
            WriteVarint(key.Length);
            Write(key);
            WriteVarint(value.Length);
            Write(value);
        }
        WriteChecksum(start);
        _next = frame.Offset + 1;
        return true;
    }

    /// <summary>Flushes what there is, and makes <paramref name="end"/> the offset that comes next.</summary>
    public void Finish(long end)
    {
        if (_file is null || end != _next)
            Begin(end);
        FinishFile();
    }

    void Begin(long offset)
    {
        FinishFile();
        _file = File.OpenHandle(Segment.PathOf(folder, offset), FileMode.Create, FileAccess.Write);
        (_written, _next) = (0, offset);
    }

    void FinishFile()
    {
        if (_file is null)
            return;
        FlushBuffer();
        disk.Flush(_file);
        _file.Dispose();
        _file = null;
    }

    void WriteBatchHeader(in RecordFrame frame, long size)
    {
        Span<byte> header = stackalloc byte[RecordBatch.HeaderBytes];
        header.Clear();
        RecordBatch.Place(header, frame.Offset);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], checked((int)(size - RecordBatch.LengthEnd)));
        header[RecordBatch.MagicAt] = 2;
        BinaryPrimitives.WriteInt64BigEndian(header[27..], frame.UnixMilliseconds);
        BinaryPrimitives.WriteInt64BigEndian(header[35..], frame.UnixMilliseconds);
        BinaryPrimitives.WriteInt64BigEndian(header[43..], -1);
        BinaryPrimitives.WriteInt16BigEndian(header[51..], -1);
        BinaryPrimitives.WriteInt32BigEndian(header[53..], -1);
        BinaryPrimitives.WriteInt32BigEndian(header[57..], 1);
        Write(header);
        _crc = Crc32C.Of(header[RecordBatch.ChecksumFrom..]);
    }

    void WriteChecksum(long start)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, _crc);
        var at = start + RecordBatch.MagicAt + 1;
        if (start >= _written)
        {
            bytes.CopyTo(_buffer.AsSpan((int)(at - _written)));
            return;
        }
        FlushBuffer();
        disk.Write(_file!, [bytes], at);
    }

    void Undo(long start)
    {
        if (start >= _written)
        {
            _used = (int)(start - _written);
            return;
        }
        disk.Cut(_file!, start);
        (_written, _used) = (start, 0);
    }

    void Write(ReadOnlySpan<byte> bytes)
    {
        _crc = Crc32C.Of(bytes, _crc);
        while (!bytes.IsEmpty)
        {
            if (_used == BufferBytes)
                FlushBuffer();
            var piece = bytes[..Math.Min(bytes.Length, BufferBytes - _used)];
            piece.CopyTo(_buffer.AsSpan(_used));
            _used += piece.Length;
            bytes = bytes[piece.Length..];
        }
    }

    void FlushBuffer()
    {
        if (_used > 0)
            disk.Write(_file!, [_buffer.AsMemory(0, _used)], _written);
        (_written, _used) = (_written + _used, 0);
    }

    static int SizeOf(long value)
    {
        var size = 1;
        for (var raw = ZigZag(value); raw >= 0x80; raw >>= 7)
            size++;
        return size;
    }

    void WriteVarint(long value)
    {
        Span<byte> bytes = stackalloc byte[10];
        var count = 0;
        var raw = ZigZag(value);
        for (; raw >= 0x80; raw >>= 7)
            bytes[count++] = (byte)(raw | 0x80);
        bytes[count++] = (byte)raw;
        Write(bytes[..count]);
    }

    static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    public void Dispose() => _file?.Dispose();
}
