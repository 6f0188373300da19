using System.Buffers.Binary;
using System.Text;
using Batch.Primitives;

namespace Batch.Core.Log.Local;

/// <summary>How one record lies in a segment file.</summary>
/// <remarks>
/// <code>
///  0  "BLR1"        marks a frame: where to look again after damage
///  4  u32           CRC-32C of bytes 8 .. 36 + headers
///  8  i64           offset of the record
/// 16  i64           time of the append, Unix milliseconds
/// 24  i32           bytes of headers
/// 28  i32           bytes of value
/// 32  u32           CRC-32C of the value
/// 36  headers       each: u16 key bytes, key (UTF-8), i32 value bytes, value
/// ..  value
/// </code>
/// All numbers little endian. The invariant: a frame whose first checksum holds can be trusted for its lengths and its headers,
/// so damage to a value costs that value only, and the reader still knows whose it was.
/// </remarks>
internal readonly record struct RecordFrame(long Offset, long UnixMilliseconds, int HeaderBytes, int ValueBytes, uint ValueChecksum)
{
    public const int FixedBytes = 36;
    /// <summary>Headers of one record, all together. Batch's are a few hundred bytes.</summary>
    public const int MaxHeaderBytes = 1 << 20;
    public static ReadOnlySpan<byte> Mark => "BLR1"u8;

    /// <summary>Bytes from this frame's start to the next one's.</summary>
    public long TotalBytes => FixedBytes + (long)HeaderBytes + ValueBytes;

    public static int SizeOf(IReadOnlyList<LogHeader> headers)
    {
        var size = 0L;
        for (var i = 0; i < headers.Count; i++)
        {
            var keyBytes = Encoding.UTF8.GetByteCount(headers[i].Key);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(keyBytes, ushort.MaxValue, nameof(headers));
            size += 2 + keyBytes + 4 + headers[i].Value.Length;
        }
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxHeaderBytes, nameof(headers));
        return (int)size;
    }

    public static void WriteHeaders(Span<byte> target, IReadOnlyList<LogHeader> headers)
    {
        for (var i = 0; i < headers.Count; i++)
        {
            var keyBytes = Encoding.UTF8.GetBytes(headers[i].Key, target[2..]);
            BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)keyBytes);
            target = target[(2 + keyBytes)..];
            BinaryPrimitives.WriteInt32LittleEndian(target, headers[i].Value.Length);
            headers[i].Value.Span.CopyTo(target[4..]);
            target = target[(4 + headers[i].Value.Length)..];
        }
    }

    /// <summary>Fills in the fixed part before headers that <see cref="WriteHeaders"/> has put at byte 36.</summary>
    public void Seal(Span<byte> target)
    {
        Mark.CopyTo(target);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], Offset);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], UnixMilliseconds);
        BinaryPrimitives.WriteInt32LittleEndian(target[24..], HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(target[28..], ValueBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(target[32..], ValueChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Crc32C.Of(target[8..(FixedBytes + HeaderBytes)]));
    }

    /// <summary>Bytes needed before <see cref="TryParse"/> can decide, judging by what there is; 0 where these are no frame.</summary>
    public static int BytesToParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedBytes)
            return FixedBytes;
        var headerBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]);
        return bytes.StartsWith(Mark) && headerBytes is >= 0 and <= MaxHeaderBytes ? FixedBytes + headerBytes : 0;
    }

    /// <summary>Reads a frame's fixed part and checks it together with its headers.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out RecordFrame frame)
    {
        frame = default;
        var needed = BytesToParse(bytes);
        if (needed == 0 || bytes.Length < needed
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Crc32C.Of(bytes[8..needed]))
            return false;

        frame = new RecordFrame(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            needed - FixedBytes,
            BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]));
        return frame.ValueBytes >= 0;
    }

    public static LogHeader[] ReadHeaders(ReadOnlySpan<byte> bytes)
    {
        var headers = new List<LogHeader>(2);
        while (!bytes.IsEmpty)
        {
            var keyBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            var key = Encoding.UTF8.GetString(bytes.Slice(2, keyBytes));
            bytes = bytes[(2 + keyBytes)..];
            var valueBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            headers.Add(new LogHeader(key, bytes.Slice(4, valueBytes).ToArray()));
            bytes = bytes[(4 + valueBytes)..];
        }
        return [.. headers];
    }
}
