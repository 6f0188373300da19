using System.Buffers.Binary;
using System.Text;

namespace Batch.EmbeddedKafka.Protocol;

/// <summary>Reads Kafka's primitive types one after the other.</summary>
/// <remarks>
/// Source: Kafka's protocol guide, "Protocol Primitive Types", and KIP-482 for flexible versions, in which strings, bytes and arrays have
/// a varint length plus one, and structures end in tagged fields. Unknown tagged fields are skipped.
/// </remarks>
/// <exception cref="MalformedRequestException">From every method: the bytes end early, or a length makes no sense.</exception>
internal ref struct KafkaReader(ReadOnlySpan<byte> bytes, bool flexible)
{
    const int MaxArray = 1_000_000;

    readonly ReadOnlySpan<byte> _bytes = bytes;
    int _position;

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    public sbyte Int8() => (sbyte)Take(1)[0];

    public bool Bool() => Take(1)[0] != 0;

    public short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public Guid Uuid() => new(Take(16), bigEndian: true);

    public string String() => NullableString() ?? throw new MalformedRequestException("A string is null that may not be.");

    public string? NullableString()
    {
        var length = flexible ? CompactLength() : Int16();
        return length < 0 ? null : Text(length);
    }

    /// <summary>A string with a two-byte length, which the client id of a request's header is in every version.</summary>
    public string? ShortString()
    {
        var length = Int16();
        return length < 0 ? null : Text(length);
    }

    static string Decode(ReadOnlySpan<byte> text)
    {
        try
        {
            return Strict.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            throw new MalformedRequestException("A string is not UTF-8.");
        }
    }

    string Text(int length) => Decode(Take(length));

    /// <summary>Bytes, by where they stand: (start, length) within the span read; null is (start, -1).</summary>
    public (int Start, int Length) Bytes()
    {
        var length = flexible ? CompactLength() : Int32();
        var start = _position;
        if (length > 0)
            Take(length);
        return (start, length);
    }

    public byte[] ByteArray()
    {
        var (start, length) = Bytes();
        return length <= 0 ? [] : _bytes.Slice(start, length).ToArray();
    }

    /// <summary>Number of an array's elements; -1: null.</summary>
    public int ArrayLength()
    {
        var length = flexible ? CompactLength() : Int32();
        // Each element takes a byte at least: what claims more is not read, and nothing is allocated for it.
        if (length > MaxArray || length > _bytes.Length - _position)
            throw new MalformedRequestException($"An array claims {length} elements.");
        return length;
    }

    /// <summary>Skips the tagged fields at the end of a structure; nothing where the version has none.</summary>
    public void Tags()
    {
        if (!flexible)
            return;
        for (var count = UnsignedVarint(); count > 0; count--)
        {
            UnsignedVarint();
            Take(checked((int)UnsignedVarint()));
        }
    }

    int CompactLength() => (int)Math.Min(UnsignedVarint(), int.MaxValue) - 1;

    uint UnsignedVarint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Take(1)[0];
            value |= (uint)(next & 0x7f) << shift;
            if ((next & 0x80) == 0)
                return value;
        }
        throw new MalformedRequestException("A varint does not end.");
    }

    ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)(_bytes.Length - _position))
            throw new MalformedRequestException($"The request ends at byte {_bytes.Length}, and {count} more are announced at {_position}.");
        var taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
