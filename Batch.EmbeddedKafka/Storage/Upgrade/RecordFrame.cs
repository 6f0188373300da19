using System.Buffers.Binary;
using Batch.Primitives;

namespace Batch.EmbeddedKafka.Storage.Upgrade;

/// <summary>How one record lies in a segment file of layout 1.</summary>
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
/// All numbers little endian.
/// </remarks>
internal readonly record struct RecordFrame(long Offset, long UnixMilliseconds, int HeaderBytes, int ValueBytes, uint ValueChecksum)
{
    public const int FixedBytes = 36;
    const int MaxHeaderBytes = 1 << 20;

    public static ReadOnlySpan<byte> Mark => "BLR1"u8;

    /// <summary>Bytes from this frame's start to the next one's.</summary>
    public long TotalBytes => FixedBytes + (long)HeaderBytes + ValueBytes;

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

    public static List<(byte[] Key, byte[] Value)> ReadHeaders(ReadOnlySpan<byte> bytes)
    {
        var headers = new List<(byte[], byte[])>();
        while (!bytes.IsEmpty)
        {
            var keyBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            var key = bytes.Slice(2, keyBytes).ToArray();
            bytes = bytes[(2 + keyBytes)..];
            var valueBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            headers.Add((key, bytes.Slice(4, valueBytes).ToArray()));
            bytes = bytes[(4 + valueBytes)..];
        }
        return headers;
    }
}
