using System.Numerics;
using System.Runtime.InteropServices;

namespace Batch.Csv.Validation.Native;

/// <summary>The body of a LowCardinality column of texts: a dictionary of its own for every block, and an index into it for every row.</summary>
/// <remarks>
/// The format: version 1; index type (0 = UInt8, 1 = UInt16, 2 = UInt32) with two flags, "the keys follow here" and "they are new";
/// number of keys and the keys; number of rows and the indexes. All numbers before keys and indexes are UInt64.
/// </remarks>
/// <param name="fixedBytes">Of a FixedString, whose keys have no length and are filled up with NUL; null for a String.</param>
sealed class LowCardinalityBuffer(string name, string clickHouseType, PagePool pool, int? fixedBytes = null)
{
    const ulong Version = 1;
    const ulong HasAdditionalKeys = 1 << 9, NeedsUpdate = 1 << 10;

    readonly PagedBuffer _head = new(pool), _keys = new(pool), _wide = new(pool), _narrow = new(pool);

    long _rowsOfFirstKey;

    public int Keys { get; private set; }

    public long KeyBytes => _keys.Length;

    public long Rows => _rowsOfFirstKey + _wide.Length / sizeof(uint);

    public void Clear()
    {
        _head.Clear();
        _keys.Clear();
        _wide.Clear();
        _narrow.Clear();
        Keys = 0;
        _rowsOfFirstKey = 0;
    }

    /// <summary>Adds a key that is not there yet; returns its index.</summary>
    public uint AddKey(ReadOnlySpan<byte> key)
    {
        if (fixedBytes is { } bytes)
        {
            _keys.Write(key);
            _keys.WriteZeros(bytes - key.Length);
        }
        else
            _keys.WriteText(key);
        return (uint)Keys++;
    }

    /// <summary>One more row.</summary>
    public void Append(uint index) => _wide.Write(index);

    /// <summary>So many rows of one key. Those of the first key, which cost nothing, must come before those of any other.</summary>
    public void Append(uint index, int rows)
    {
        if (index == 0)
            _rowsOfFirstKey += rows;
        else
            for (var i = 0; i < rows; i++)
                _wide.Write(index);
    }

    public void WriteTo(BlockAssembler block)
    {
        var indexType = Keys <= 1 << 8 ? 0 : Keys <= 1 << 16 ? 1 : 2;
        _head.WriteColumnHeader(name, clickHouseType);
        _head.Write(Version);
        _head.Write((ulong)indexType | HasAdditionalKeys | NeedsUpdate);
        _head.Write((ulong)Keys);
        _keys.Write((ulong)Rows);
        block.Append(_head);
        block.Append(_keys);
        if (indexType == 2)
            block.Append(_wide);
        else
        {
            _narrow.WriteZeros(_rowsOfFirstKey);
            if (indexType == 0)
                Narrow<byte>();
            else
                Narrow<ushort>();
            block.Append(_narrow);
        }
    }

    void Narrow<T>() where T : unmanaged, INumberBase<T>
    {
        Span<T> narrow = stackalloc T[PagePool.SizeOf(0) / sizeof(uint)]; // every page holds a whole number of indexes
        foreach (var page in _wide.Pages)
            for (var indexes = MemoryMarshal.Cast<byte, uint>(page.Bytes.AsSpan(0, page.Used)); !indexes.IsEmpty;)
            {
                var count = Math.Min(indexes.Length, narrow.Length);
                for (var i = 0; i < count; i++)
                    narrow[i] = T.CreateTruncating(indexes[i]);
                _narrow.Write(MemoryMarshal.AsBytes(narrow[..count]));
                indexes = indexes[count..];
            }
    }
}
