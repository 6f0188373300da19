using System.Buffers.Text;

namespace Batch.Benchmarks.Data;

/// <summary>CSV text under construction, and the chance that its values come from: the same seed gives the same file.</summary>
internal sealed class RowText(ulong seed)
{
    const int Room = 64 << 10; // more than any row takes
    readonly byte[] _bytes = new byte[1 << 20];
    ulong _state = seed;
    int _length;

    public bool IsFull => _length > _bytes.Length - Room;

    /// <summary>Xorshift: fast enough not to be what is waited for.</summary>
    public ulong Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        return _state ^= _state << 17;
    }

    public RowText Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
        return this;
    }

    public RowText Add(long value)
    {
        Utf8Formatter.TryFormat(value, _bytes.AsSpan(_length), out var written);
        _length += written;
        return this;
    }

    /// <summary>Sixteen hexadecimal digits.</summary>
    public RowText AddHex(ulong value)
    {
        Utf8Formatter.TryFormat(value, _bytes.AsSpan(_length), out var written, new('x', 16));
        _length += written;
        return this;
    }

    /// <summary>A number with two decimals.</summary>
    public RowText AddCents(ulong cents)
    {
        Add((long)(cents / 100)).Add("."u8);
        Utf8Formatter.TryFormat(cents % 100, _bytes.AsSpan(_length), out var written, new('D', 2));
        _length += written;
        return this;
    }

    public void FlushTo(Stream file)
    {
        file.Write(_bytes.AsSpan(0, _length));
        _length = 0;
    }
}
