using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Batch.Csv.Inference;

/// <summary>The first few different values of a column. Looking one up allocates nothing.</summary>
sealed class DistinctValues
{
    public const int MaxCount = 64;

    /// <summary>A longer value is no category; the set gives up rather than keep it.</summary>
    public const int MaxBytes = 256;

    readonly HashSet<byte[]> _values = new(Comparer.Instance);
    readonly HashSet<byte[]>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    readonly List<byte[]> _inOrder = [];

    public DistinctValues() => _lookup = _values.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>There were more values than are kept.</summary>
    public bool Overflowed { get; private set; }

    public int Count => _inOrder.Count;

    /// <summary>In the order they were first seen.</summary>
    public IReadOnlyList<byte[]> Values => _inOrder;

    public bool Contains(ReadOnlySpan<byte> value) => _lookup.Contains(value);

    public void Add(ReadOnlySpan<byte> value)
    {
        if (Overflowed || _lookup.Contains(value))
            return;
        if (Count == MaxCount || value.Length > MaxBytes)
        {
            Overflowed = true;
            return;
        }
        var copy = value.ToArray();
        _values.Add(copy);
        _inOrder.Add(copy);
    }

    sealed class Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Comparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        /// <summary>First and last eight bytes and the length: at most 64 values meet here, so a collision costs little.</summary>
        public int GetHashCode(ReadOnlySpan<byte> value)
        {
            ulong head, tail;
            if (value.Length >= 8)
            {
                head = BinaryPrimitives.ReadUInt64LittleEndian(value);
                tail = BinaryPrimitives.ReadUInt64LittleEndian(value[^8..]);
            }
            else
            {
                head = tail = 0;
                foreach (var b in value)
                    head = (head << 8) | b;
            }
            var mixed = ((head * 0x9E3779B97F4A7C15) ^ tail ^ (uint)value.Length) * 0xD6E8FEB86659FD93;
            return (int)(mixed >> 32);
        }
    }
}
