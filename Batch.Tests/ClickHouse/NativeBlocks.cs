using System.Buffers;
using System.Text;

namespace Batch.Tests.ClickHouse;

/// <summary>Native blocks by hand: columns of String and UInt64.</summary>
internal static class NativeBlocks
{
    public static ReadOnlySequence<byte> Of(params (string Name, Array Values)[] columns)
    {
        var bytes = new MemoryStream();
        Varint(bytes, columns.Length);
        Varint(bytes, columns[0].Values.Length);
        foreach (var (name, values) in columns)
        {
            Text(bytes, name);
            Text(bytes, values is ulong[]? "UInt64" : "String");
            foreach (var value in values)
                if (value is ulong number)
                    bytes.Write(BitConverter.GetBytes(number));
                else
                    Text(bytes, (string)value);
        }
        return Segmented(bytes.ToArray(), 7);
    }

    /// <summary>In pieces, as an encoder's pooled buffers are.</summary>
    static ReadOnlySequence<byte> Segmented(byte[] bytes, int size)
    {
        var first = new Segment(bytes.AsMemory(0, Math.Min(size, bytes.Length)), 0);
        var last = first;
        for (var at = size; at < bytes.Length; at += size)
            last = last.Append(bytes.AsMemory(at, Math.Min(size, bytes.Length - at)));
        return new(first, 0, last, last.Memory.Length);
    }

    static void Varint(Stream bytes, long value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.WriteByte((byte)(value | 0x80));
        bytes.WriteByte((byte)value);
    }

    static void Text(Stream bytes, string value)
    {
        var text = Encoding.UTF8.GetBytes(value);
        Varint(bytes, text.Length);
        bytes.Write(text);
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
