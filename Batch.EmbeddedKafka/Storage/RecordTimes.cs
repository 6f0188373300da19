using Batch.EmbeddedKafka.Batches;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>Looks for a time among the records of a batch that is not compressed, reading their beginnings only.</summary>
internal static class RecordTimes
{
    // Raw shape of a record: length (varint), attributes (1), timestamp delta (varlong), offset delta (varint), key, value, headers.
    const int HeadBytes = 5 + 1 + 10 + 5;
    const int BufferBytes = 4096;

    /// <summary>The first record whose time is at or after the given one and whose offset is not below <paramref name="start"/>.</summary>
    public static (long Offset, long Timestamp)? First(Segment segment, SafeFileHandle file, long position, in RecordBatch batch, long timestamp, long start)
    {
        Span<byte> buffer = stackalloc byte[BufferBytes];
        var end = position + batch.Size;
        var at = position + RecordBatch.HeaderBytes;
        var (from, count) = (0L, 0);
        for (var i = 0; i < batch.Count && at < end; i++)
        {
            if (at < from || at + Math.Min(HeadBytes, end - at) > from + count)
                (from, count) = (at, segment.Read(file, at, buffer[..(int)Math.Min(buffer.Length, end - at)]));
            var head = buffer[(int)(at - from)..count];
            if (!TryReadVarint(ref head, out var length) || length < 0 || head.IsEmpty)
                return null;
            var next = from + count - head.Length + length;
            head = head[1..];
            if (!TryReadVarint(ref head, out var timestampDelta) || !TryReadVarint(ref head, out var offsetDelta))
                return null;
            var (offset, time) = (batch.BaseOffset + offsetDelta, batch.BaseTimestamp + timestampDelta);
            if (time >= timestamp && offset >= start)
                return (offset, time);
            at = next;
        }
        return null;
    }

    /// <summary>Zigzag, seven bits a byte, lowest first.</summary>
    static bool TryReadVarint(ref Span<byte> bytes, out long value)
    {
        var raw = 0UL;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            raw |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                value = (long)(raw >> 1) ^ -(long)(raw & 1);
                return true;
            }
        }
        value = 0;
        return false;
    }
}
