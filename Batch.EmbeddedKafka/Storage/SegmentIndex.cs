namespace Batch.EmbeddedKafka.Storage;

/// <summary>Where some of a segment's batches begin, in memory: one entry for 4 KiB, and fewer the larger a segment of small batches gets.</summary>
/// <remarks>
/// At most 1,024 entries: when it is full, every second one is dropped and the step doubles, so that memory does not grow with the
/// log. A look-up walks the headers from the entry before. Written by one thread, read by any.
/// </remarks>
internal sealed class SegmentIndex
{
    const int MaxEntries = 1024;
    const int FirstStep = 4096;

    /// <param name="TimestampBefore">Largest timestamp of all batches before this one; -1 for the first.</param>
    internal readonly record struct Entry(long Position, long Offset, long TimestampBefore);

    sealed class Table(Entry[] entries, int count)
    {
        public readonly Entry[] Entries = entries;
        public int Count = count;

        public ReadOnlySpan<Entry> Span => Entries.AsSpan(0, Volatile.Read(ref Count));
    }

    volatile Table _table = new(new Entry[4], 0);
    long _step = FirstStep;

    public int Count => _table.Span.Length;

    public void Add(long position, long offset, long timestampBefore)
    {
        var table = _table;
        if (table.Count > 0 && position < table.Entries[table.Count - 1].Position + _step)
            return;
        if (table.Count == MaxEntries)
        {
            var kept = new Entry[MaxEntries];
            for (var i = 0; i < MaxEntries / 2; i++)
                kept[i] = table.Entries[2 * i];
            _step *= 2;
            _table = table = new Table(kept, MaxEntries / 2);
        }
        else if (table.Count == table.Entries.Length)
        {
            var larger = new Entry[Math.Min(MaxEntries, 2 * table.Count)];
            table.Entries.CopyTo(larger, 0);
            _table = table = new Table(larger, table.Count);
        }
        table.Entries[table.Count] = new Entry(position, offset, timestampBefore);
        Volatile.Write(ref table.Count, table.Count + 1);
    }

    /// <summary>The last entry of whose key <paramref name="isAtOrBefore"/> holds; the first where it holds of none; null where there is no entry.</summary>
    static Entry? Last<T>(ReadOnlySpan<Entry> entries, T key, Func<Entry, T, bool> isAtOrBefore)
    {
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (isAtOrBefore(entries[middle], key))
                low = middle + 1;
            else
                high = middle;
        }
        return entries.IsEmpty ? null : entries[Math.Max(0, low - 1)];
    }

    public Entry? ByOffset(long offset) => Last(_table.Span, offset, static (entry, key) => entry.Offset <= key);

    public Entry? ByPosition(long position) => Last(_table.Span, position, static (entry, key) => entry.Position <= key);

    /// <summary>Where to begin to look for the first batch that reaches this time.</summary>
    public Entry? ByTimestamp(long timestamp) => Last(_table.Span, timestamp, static (entry, key) => entry.TimestampBefore < key);
}
