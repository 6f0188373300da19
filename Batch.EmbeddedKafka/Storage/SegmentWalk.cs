using Batch.EmbeddedKafka.Batches;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>Finds batches of a segment by offset and by time. Damage that is met is noted once and passed over.</summary>
/// <param name="file">Rented for as long as the walk lasts.</param>
/// <param name="below">Offset of the batch after the segment; of the active one, more than it can reach.</param>
internal readonly ref struct SegmentWalk(Segment segment, SafeFileHandle file, string partition, long below, ILogger logger)
{
    const int BufferBytes = 4096;
    // The file may have been cut behind our back.
    readonly long _limit = Math.Min(segment.Length, RandomAccess.GetLength(file));

    /// <summary>Finds as many batches as <paramref name="maxBytes"/> allows, up to the next damage. The checksum of each has been looked at.</summary>
    /// <returns>False: the segment has no batch that reaches the offset.</returns>
    public bool TryFind(long offset, int maxBytes, bool atLeastOne, out long position, out int length, out long next)
    {
        (position, length, next) = (0, 0, offset);
        Span<byte> buffer = stackalloc byte[BufferBytes];
        var cursor = At(segment.Index.ByOffset(offset), buffer);
        while (true)
        {
            if (!Read(ref cursor))
                return false;
            if (cursor.Batch.LastOffset < offset)
                cursor.Advance();
            else if (IsSound(cursor))
                break;
            else if (!SkipDamage(ref cursor))
                return false;
        }
        position = cursor.Position;
        if (cursor.Batch.Size > maxBytes && !atLeastOne)
            return true;
        do
        {
            cursor.Advance();
            (length, next) = ((int)(cursor.Position - position), cursor.Expected);
        }
        while (cursor.Read() == CursorStatus.Good && cursor.Position == position + length && length + cursor.Batch.Size <= maxBytes && IsSound(cursor));
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

    bool IsSound(in SegmentCursor cursor) => SegmentScan.ChecksumHolds(segment, file, cursor.Position, cursor.Batch.Size);

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
                    if (!SkipDamage(ref cursor))
                        return false;
                    break;
            }
        }
    }

    /// <returns>False: the segment has nothing behind it, or nothing yet.</returns>
    bool SkipDamage(ref SegmentCursor cursor)
    {
        if (Resume(segment, file, ref cursor, _limit, below) is not { } found)
            return false;
        if (segment.AddGap(new Gap(cursor.Position, found.Position, found.Offset)))
            logger.BytesSkipped(partition, cursor.Position, found.Position, segment.Path, cursor.Expected, found.Offset - 1);
        return true;
    }

    /// <summary>Where to go on behind a batch that is cut short or damaged; null where nothing follows.</summary>
    /// <param name="cursor">At the bytes that are no batch; set back by one where it is the batch before that misled it.</param>
    public static (long Position, long Offset)? Resume(Segment segment, SafeFileHandle file, ref SegmentCursor cursor, long limit, long below)
    {
        if (cursor.Before is { } before && !SegmentScan.ChecksumHolds(segment, file, before.Position, before.Size))
            cursor.Back();
        var least = cursor.Expected + 1;
        if (cursor.Bytes.Length == RecordBatch.HeaderBytes && cursor.Batch is { IsPlausible: true } batch && batch.BaseOffset == cursor.Expected)
        {
            // A header that is sound but for its length says which offset comes next: hardly anything inside its own records passes for that.
            least = batch.LastOffset + 1;
            if (SegmentScan.Find(segment, file, cursor.Position + 1, limit, least, Math.Min(below, least + 1)) is { } next)
                return next;
        }
        return SegmentScan.Find(segment, file, cursor.Position + 1, limit, least, below);
    }
}
