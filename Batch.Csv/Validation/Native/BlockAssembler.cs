using System.Buffers;

namespace Batch.Csv.Validation.Native;

/// <summary>Strings the buffers of columns together to a Native block, without copying them.</summary>
sealed class BlockAssembler(PagePool pool)
{
    readonly PagedBuffer _counts = new(pool);
    readonly List<Page> _pages = [];

    /// <summary>Begins a block: the number of its columns and of its rows.</summary>
    public void Begin(int columns, long rows)
    {
        Clear();
        _counts.WriteVarint((ulong)columns);
        _counts.WriteVarint((ulong)rows);
        Append(_counts);
    }

    /// <summary>The buffer comes next. It must not change any more while the block is in use.</summary>
    public void Append(PagedBuffer buffer)
    {
        foreach (var page in buffer.Pages)
            _pages.Add(page);
    }

    public ReadOnlySequence<byte> End()
    {
        var index = _pages.Sum(static page => (long)page.Used);
        for (var i = _pages.Count - 1; i >= 0; i--)
        {
            index -= _pages[i].Used;
            _pages[i].Link(index, i + 1 < _pages.Count ? _pages[i + 1] : null);
        }

        return new ReadOnlySequence<byte>(_pages[0], 0, _pages[^1], _pages[^1].Used);
    }

    public void Clear()
    {
        _counts.Clear();
        _pages.Clear();
    }
}
