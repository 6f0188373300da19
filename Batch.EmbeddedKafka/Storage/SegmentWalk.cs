using Batch.EmbeddedKafka.Batches;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>Finds batches of a segment by offset and by time. Damage that is met is noted once and passed over.</summary>
/// <param name="file">Rented for as long as the walk lasts.</param>
/// <param name="below">Offset of the batch after the segment.</param>
internal readonly ref struct SegmentWalk(Segment segment, SafeFileHandle file, string partition, long below, ILogger logger)
{
    const int BufferBytes = 4096;
    readonly long _limit = segment.Length;

    /// <summary>Finds as many whole batches as <paramref name="maxBytes"/> allows, up to the next damage.</summary>
    /// <returns>False: the segment has no batch that reaches the offset.</returns>
    public bool TryFind(long offset, int maxBytes, bool atLeastOne, out long position, out int length, out long next)
    {
        (position, length, next) = (0, 0, offset);
        Span<byte> buffer = stackalloc byte[BufferBytes];
        var cursor = At(segment.Index.ByOffset(offset), buffer);
        do
        {
            if (!Read(ref cursor))
                return false;
            position = cursor.Position;
            if (cursor.Batch.LastOffset >= offset)
                break;
            cursor.Advance();
        }
        while (true);

        var size = cursor.Batch.Size;
        if (size > maxBytes && !atLeastOne)
            return true;
        cursor.Advance();
        var bound = Math.Min(NextGap(position), position + Math.Max(maxBytes, size));
        if (segment.Index.ByPosition(bound) is { } entry && entry.Position > cursor.Position)
            cursor = At(entry, buffer);
        // Not over damage: a gap's first byte is not where a batch ends that this loop would pass.
        while (cursor.Position < bound && cursor.Read() == CursorStatus.Good && cursor.Position + cursor.Batch.Size <= bound)
            cursor.Advance();
        length = (int)(Math.Min(cursor.Position, bound) - position);
        next = cursor.Expected;
        return true;
    }

    /// <summary>The first record at or after this time, not below <paramref name="start"/>.</summary>
    public (long Offset, long Timestamp)? FindTime(long timestamp, long start)
    {
        Span<byte> buffer = stackalloc byte[BufferBytes];
        var cursor = At(segment.Index.ByTimestamp(timestamp), buffer);
        while (Read(ref cursor))
        {
            var batch = cursor.Batch;
            if (batch.MaxTimestamp >= timestamp && batch.LastOffset >= start)
            {
                if (batch.IsCompressed)
                    return (Math.Max(start, batch.BaseOffset), batch.MaxTimestamp);
                if (RecordTimes.First(segment, file, cursor.Position, batch, timestamp, start) is { } found)
                    return found;
            }
            cursor.Advance();
        }
        return null;
    }

    SegmentCursor At(SegmentIndex.Entry? entry, Span<byte> buffer) =>
        new(segment, file, buffer, entry?.Position ?? 0, entry?.Offset ?? segment.Base, _limit);

    long NextGap(long position)
    {
        foreach (var gap in segment.Gaps)
            if (gap.From > position)
                return Math.Min(gap.From, _limit);
        return _limit;
    }

    /// <summary>To the next good batch at or after the cursor, behind damage if need be.</summary>
    bool Read(ref SegmentCursor cursor)
    {
        while (true)
        {
            switch (cursor.Read())
            {
                case CursorStatus.Good:
                    return true;
                case CursorStatus.End:
                    return false;
                default:
                    var found = Resume(segment, file, cursor, _limit, below);
                    var gap = found is { } batch
                        ? new Gap(cursor.Position, batch.Position, batch.Offset)
                        : new Gap(cursor.Position, _limit, below);
                    if (segment.AddGap(gap))
                        logger.BytesSkipped(partition, gap.From, gap.To, segment.Path, cursor.Expected, gap.NextOffset - 1);
                    break;
            }
        }
    }

    /// <summary>Where to go on behind a batch that is cut short or damaged; null where nothing follows.</summary>
    public static (long Position, long Offset)? Resume(Segment segment, SafeFileHandle file, in SegmentCursor cursor, long limit, long below)
    {
        var least = cursor.Expected + 1;
        // A header that is sound but for its length says which offset comes next: nothing inside its own records passes for that.
        if (cursor.Bytes.Length == RecordBatch.HeaderBytes && cursor.Batch is { IsPlausible: true } batch && batch.BaseOffset == cursor.Expected)
            (least, below) = (batch.LastOffset + 1, Math.Min(below, batch.LastOffset + 2));
        return SegmentScan.Find(segment, file, cursor.Position + 1, limit, least, below);
    }
}
