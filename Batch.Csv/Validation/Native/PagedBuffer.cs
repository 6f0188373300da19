using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Batch.Csv.Validation.Native;

/// <summary>Bytes that are only ever appended to; what ClickHouse's Native format is made of.</summary>
/// <remarks>Numbers are little-endian, as all machines are that this runs on and as the format wants them.</remarks>
sealed class PagedBuffer(PagePool pool)
{
    readonly List<Page> _pages = [];
    Page? _last;

    public long Length { get; private set; }

    public IReadOnlyList<Page> Pages => _pages;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            var free = _last is null ? default : _last.Free;
            if (free.IsEmpty)
            {
                _last = pool.Rent(_pages.Count);
                _pages.Add(_last);
                free = _last.Free;
            }

            var count = Math.Min(free.Length, bytes.Length);
            bytes[..count].CopyTo(free);
            _last!.Used += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>One number, as it lies in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write<T>(T value) where T : unmanaged
    {
        if (_last is { } page && page.Bytes.Length - page.Used >= Unsafe.SizeOf<T>())
        {
            Unsafe.WriteUnaligned(ref page.Bytes[page.Used], value);
            page.Used += Unsafe.SizeOf<T>();
            Length += Unsafe.SizeOf<T>();
        }
        else
            Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
    }

    public void WriteZeros(long count)
    {
        ReadOnlySpan<byte> zeros = new byte[1024]; // constant data of the program, not an allocation
        for (; count > 0; count -= zeros.Length)
            Write(zeros[..(int)Math.Min(count, zeros.Length)]);
    }

    /// <summary>Seven bits a byte, lowest first, the eighth bit says that more follow.</summary>
    public void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            Write((byte)(value | 0x80));
            value >>= 7;
        }

        Write((byte)value);
    }

    /// <summary>A String: length and bytes.</summary>
    public void WriteText(ReadOnlySpan<byte> text)
    {
        WriteVarint((ulong)text.Length);
        Write(text);
    }

    public void WriteText(string text) => WriteText(Encoding.UTF8.GetBytes(text));

    /// <summary>What every column of a block begins with.</summary>
    public void WriteColumnHeader(string name, string clickHouseType)
    {
        WriteText(name);
        WriteText(clickHouseType);
    }

    /// <summary>Empties it; the pages go back to the pool.</summary>
    public void Clear()
    {
        foreach (var page in _pages)
            pool.Return(page);
        _pages.Clear();
        _last = null;
        Length = 0;
    }
}
