using System.Buffers.Binary;
using System.Text;

namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>Writes requests as a client does: Kafka's primitive types, in one of their two ways (KIP-482).</summary>
/// <param name="isRequest">Structures end in a tagged field that no server knows, so that skipping it is tested too.</param>
sealed class ClientEncoder(bool flexible, bool isRequest = true)
{
    readonly List<byte> _bytes = [];

    public ClientEncoder Int8(sbyte value) => Add([(byte)value]);
    public ClientEncoder Bool(bool value) => Add([value ? (byte)1 : (byte)0]);

    public ClientEncoder Int16(short value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteInt16BigEndian(bytes, value);
        return Add(bytes);
    }

    public ClientEncoder Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return Add(bytes);
    }

    public ClientEncoder Int64(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return Add(bytes);
    }

    public ClientEncoder String(string? value)
    {
        var bytes = value is null ? null : Encoding.UTF8.GetBytes(value);
        return (flexible ? Varint(bytes is null ? 0 : bytes.Length + 1) : Int16((short)(bytes?.Length ?? -1))).Add(bytes ?? []);
    }

    public ClientEncoder Bytes(byte[] value) => (flexible ? Varint(value.Length + 1) : Int32(value.Length)).Add(value);

    /// <param name="count">-1: null.</param>
    public ClientEncoder Array(int count) => flexible ? Varint(count + 1) : Int32(count);

    /// <summary>The end of a structure.</summary>
    public ClientEncoder Tags() => !flexible ? this : isRequest ? Add([1, 99, 2, 0xca, 0xfe]) : Add([0]);

    /// <summary>Only where the version has the field.</summary>
    public ClientEncoder If(bool has, Func<ClientEncoder, ClientEncoder> field) => has ? field(this) : this;

    ClientEncoder Varint(int value)
    {
        for (; value > 0x7f; value >>= 7)
            _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
        return this;
    }

    ClientEncoder Add(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];
}
