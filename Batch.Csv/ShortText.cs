using System.Text;

namespace Batch.Csv;

/// <summary>Up to eight bytes of text without NUL, as a value: compared and kept without an array.</summary>
public readonly record struct ShortText(ulong Bytes)
{
    public const int MaxLength = sizeof(ulong);

    public bool IsEmpty => Bytes == 0;

    public int Length => (64 - System.Numerics.BitOperations.LeadingZeroCount(Bytes) + 7) / 8;

    public static ShortText Of(ReadOnlySpan<byte> text)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, MaxLength);
        var bytes = 0UL;
        for (var i = text.Length - 1; i >= 0; i--)
            bytes = bytes << 8 | text[i];
        return new(bytes);
    }

    public bool IsAt(ReadOnlySpan<byte> text, int at)
    {
        for (var rest = Bytes; rest != 0; rest >>= 8, at++)
        {
            if (at >= text.Length || text[at] != (byte)rest)
                return false;
        }
        return true;
    }

    /// <summary>Whether it begins with <paramref name="text"/>.</summary>
    public bool StartsWith(ReadOnlySpan<byte> text) => ToArray().AsSpan().StartsWith(text);

    public bool Contains(byte value)
    {
        for (var rest = Bytes; rest != 0; rest >>= 8)
        {
            if ((byte)rest == value)
                return true;
        }
        return false;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(Bytes >> (8 * i));
        return bytes;
    }

    public override string ToString() => Encoding.UTF8.GetString(ToArray());
}
