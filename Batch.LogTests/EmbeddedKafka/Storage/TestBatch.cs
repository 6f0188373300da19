using System.Buffers.Binary;
using System.Text;
using Batch.EmbeddedKafka.Batches;
using Batch.Primitives;

namespace Batch.Tests.EmbeddedKafka.Storage;

/// <summary>Record batches of version 2 as a producer makes them, written from Kafka's description of the format.</summary>
sealed record TestBatch(params string[] Values)
{
    public long ProducerId { get; init; } = -1;
    public short Epoch { get; init; } = -1;
    public int Sequence { get; init; } = -1;
    public long Timestamp { get; init; } = 1_000_000;
    /// <summary>Of each record against the one before.</summary>
    public long Step { get; init; }
    public short Attributes { get; init; }

    public static byte[] Of(params string[] values) => new TestBatch(values).Encode();

    public byte[] Encode()
    {
        var records = new MemoryStream();
        for (var i = 0; i < Values.Length; i++)
        {
            var record = new MemoryStream();
            record.WriteByte(0);
            WriteVarint(record, i * Step);
            WriteVarint(record, i);
            WriteVarint(record, -1);
            var value = Encoding.UTF8.GetBytes(Values[i]);
            WriteVarint(record, value.Length);
            record.Write(value);
            WriteVarint(record, 0);
            WriteVarint(records, record.Length);
            record.WriteTo(records);
        }
        var batch = new byte[RecordBatch.HeaderBytes + records.Length];
        records.ToArray().CopyTo(batch, RecordBatch.HeaderBytes);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
        // As librdkafka and the Java client: the broker is to fill it in.
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(12), -1);
        batch[16] = 2;
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(21), Attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), Values.Length - 1);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(27), Timestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(35), Timestamp + Math.Max(0, Step) * (Values.Length - 1));
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(43), ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(51), Epoch);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), Sequence);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), Values.Length);
        Seal(batch);
        return batch;
    }

    public static void Seal(Span<byte> batch) => BinaryPrimitives.WriteUInt32BigEndian(batch[17..], Crc32C.Of(batch[21..]));

    /// <summary>The records of batches behind each other as <c>offset=value</c>; <c>offset!</c> for a batch whose checksum does not hold.</summary>
    public static List<string> Decode(ReadOnlySpan<byte> batches)
    {
        var read = new List<string>();
        while (!batches.IsEmpty)
        {
            var batch = new RecordBatch(batches);
            var bytes = batches[..(int)batch.Size];
            batches = batches[bytes.Length..];
            if (Crc32C.Of(bytes[21..]) != batch.Crc)
            {
                read.Add($"{batch.BaseOffset}!");
                continue;
            }
            bytes = bytes[RecordBatch.HeaderBytes..];
            for (var i = 0; i < batch.Count; i++)
            {
                var record = ReadBytes(ref bytes)[1..];
                ReadVarint(ref record);
                var offset = batch.BaseOffset + ReadVarint(ref record);
                ReadBytes(ref record);
                read.Add($"{offset}={Encoding.UTF8.GetString(ReadBytes(ref record))}");
            }
        }
        return read;
    }

    /// <summary>The headers of the first record of a batch, as <c>key=value</c>.</summary>
    public static List<string> Headers(ReadOnlySpan<byte> batch)
    {
        var bytes = batch[RecordBatch.HeaderBytes..];
        var record = ReadBytes(ref bytes)[1..];
        ReadVarint(ref record);
        ReadVarint(ref record);
        ReadBytes(ref record);
        ReadBytes(ref record);
        var headers = new List<string>();
        for (var count = ReadVarint(ref record); count > 0; count--)
            headers.Add($"{Encoding.UTF8.GetString(ReadBytes(ref record))}={Encoding.UTF8.GetString(ReadBytes(ref record))}");
        return headers;
    }

    static ReadOnlySpan<byte> ReadBytes(ref ReadOnlySpan<byte> from)
    {
        var length = (int)Math.Max(0, ReadVarint(ref from));
        var bytes = from[..length];
        from = from[length..];
        return bytes;
    }

    static long ReadVarint(ref ReadOnlySpan<byte> from)
    {
        var raw = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = from[0];
            from = from[1..];
            raw |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return (long)(raw >> 1) ^ -(long)(raw & 1);
        }
    }

    static void WriteVarint(Stream stream, long value)
    {
        var raw = (ulong)((value << 1) ^ (value >> 63));
        for (; raw >= 0x80; raw >>= 7)
            stream.WriteByte((byte)(raw | 0x80));
        stream.WriteByte((byte)raw);
    }
}
