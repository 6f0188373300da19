using System.Buffers.Binary;
using System.Text;
using Batch.Primitives;

namespace Batch.Tests.EmbeddedKafka.Storage;

/// <summary>Files of the former local log, as it wrote them.</summary>
static class FormerLogFiles
{
    public static byte[] Frame(long offset, long timestamp, string value, params (string Key, string Value)[] headers)
    {
        var head = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        foreach (var (key, text) in headers)
        {
            var (keyBytes, valueBytes) = (Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(text));
            BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)keyBytes.Length);
            head.Write(number[..2]);
            head.Write(keyBytes);
            BinaryPrimitives.WriteInt32LittleEndian(number, valueBytes.Length);
            head.Write(number);
            head.Write(valueBytes);
        }
        var body = Encoding.UTF8.GetBytes(value);
        byte[] frame = [.. new byte[36], .. head.ToArray(), .. body];
        "BLR1"u8.CopyTo(frame);
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(8), offset);
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(16), timestamp);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(24), (int)head.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(28), body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(32), Crc32C.Of(body));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), Crc32C.Of(frame.AsSpan(8, 28 + (int)head.Length)));
        return frame;
    }

    public static void WriteSegment(string directory, string topic, int partition, long baseOffset, params byte[][] frames)
    {
        var folder = Path.Combine(directory, "topics", topic, $"{partition}");
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, $"{baseOffset:D20}.log"), [.. frames.SelectMany(frame => frame)]);
    }

    public static void WritePositions(string directory, string group, params string[] lines)
    {
        Directory.CreateDirectory(Path.Combine(directory, "groups"));
        File.WriteAllText(
            Path.Combine(directory, "groups", $"{group}.positions"),
            string.Concat(lines.Select(line => $"{Crc32C.Of(Encoding.UTF8.GetBytes(line)):x8} {line}\n")));
    }
}
