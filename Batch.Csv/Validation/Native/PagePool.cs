namespace Batch.Csv.Validation.Native;

/// <summary>Buffers of one validator: pages of 4 KiB to 64 KiB that go back and forth between the pool and the columns.</summary>
/// <remarks>
/// The pages of a column double in size up to the largest, so that a table of a thousand columns does not take a thousand large
/// pages, and nothing is ever copied because a buffer has grown. Not for several threads.
/// </remarks>
sealed class PagePool
{
    const int SmallestBytes = 4 * 1024;
    const int SizeClasses = 5;

    readonly Stack<Page>[] _free = [new(), new(), new(), new(), new()];

    public static int SizeOf(int sizeClass) => SmallestBytes << sizeClass;

    /// <summary>Bytes of all pages that exist, in use or not.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>The page that comes after <paramref name="pagesBefore"/> others.</summary>
    public Page Rent(int pagesBefore)
    {
        var sizeClass = Math.Min(pagesBefore, SizeClasses - 1);
        if (_free[sizeClass].TryPop(out var page))
            return page;
        TotalBytes += SizeOf(sizeClass);
        return new Page(sizeClass);
    }

    public void Return(Page page)
    {
        page.Used = 0;
        page.Link(0, null);
        _free[page.SizeClass].Push(page);
    }

    /// <summary>Forgets pages that are not in use until at most <paramref name="limit"/> bytes are left.</summary>
    public void Trim(long limit)
    {
        for (var sizeClass = SizeClasses - 1; sizeClass >= 0; sizeClass--)
            while (TotalBytes > limit && _free[sizeClass].TryPop(out _))
                TotalBytes -= SizeOf(sizeClass);
    }
}
