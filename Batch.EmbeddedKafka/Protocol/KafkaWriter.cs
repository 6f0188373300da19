using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Protocol;

/// <summary>Writes a response of Kafka's primitive types. Record batches are not copied in: they go from their file to the connection.</summary>
internal sealed class KafkaWriter(bool flexible) : IDisposable
{
    const int FirstBytes = 1024;

    byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
    int _length;
    List<(int At, FetchSlice Slice)>? _slices;

    /// <summary>Bytes of the whole response, record batches included.</summary>
    public long Length => _length + (_slices?.Sum(part => (long)part.Slice.Length) ?? 0);

    /// <summary>The bytes written so far, without record batches.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>Record batches, each with the number of written bytes that stand before it.</summary>
    public IReadOnlyList<(int At, FetchSlice Slice)> Slices => _slices ?? (IReadOnlyList<(int, FetchSlice)>)[];

    public void Int8(sbyte value) => Room(1)[0] = (byte)value;

    public void Bool(bool value) => Room(1)[0] = value ? (byte)1 : (byte)0;

    public void Int16(short value) => BinaryPrimitives.WriteInt16BigEndian(Room(2), value);

    public void Int32(int value) => BinaryPrimitives.WriteInt32BigEndian(Room(4), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64BigEndian(Room(8), value);

    public void Uuid(Guid value) => value.TryWriteBytes(Room(16), bigEndian: true, out _);

    public void Error(KafkaError error) => Int16((short)error);

    public void String(string? value)
    {
        if (value is null)
        {
            if (flexible)
                UnsignedVarint(0);
            else
                Int16(-1);
            return;
        }
        var bytes = Encoding.UTF8.GetByteCount(value);
        if (flexible)
            UnsignedVarint((uint)bytes + 1);
        else
            Int16(checked((short)bytes));
        Encoding.UTF8.GetBytes(value, Room(bytes));
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        if (flexible)
            UnsignedVarint((uint)value.Length + 1);
        else
            Int32(value.Length);
        value.CopyTo(Room(value.Length));
    }

    /// <summary>The length of an array; -1 is null.</summary>
    public void Array(int count)
    {
        if (flexible)
            UnsignedVarint((uint)(count + 1));
        else
            Int32(count);
    }

    /// <summary>Record batches of a partition: their length here, their bytes when the response is sent.</summary>
    public void Records(FetchSlice slice)
    {
        if (flexible)
            UnsignedVarint((uint)slice.Length + 1);
        else
            Int32(slice.Length);
        if (slice.Length > 0)
            (_slices ??= []).Add((_length, slice));
        else
            slice.Dispose();
    }

    /// <summary>The end of a structure: no tagged fields, in versions that have any.</summary>
    public void Tags()
    {
        if (flexible)
            Room(1)[0] = 0;
    }

    void UnsignedVarint(uint value)
    {
        for (; value > 0x7f; value >>= 7)
            Room(1)[0] = (byte)(value | 0x80);
        Room(1)[0] = (byte)value;
    }

    Span<byte> Room(int count)
    {
        if (_buffer.Length - _length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + count));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        var room = _buffer.AsSpan(_length, count);
        _length += count;
        return room;
    }

    public void Dispose()
    {
        foreach (var (_, slice) in Slices)
            slice.Dispose();
        _slices = null;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }
}
