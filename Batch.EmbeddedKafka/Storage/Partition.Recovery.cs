using System.Globalization;

namespace Batch.EmbeddedKafka.Storage;

// The only place that decides what becomes of bytes left by a crash.
public sealed partial class Partition
{
    /// <summary>Reads the headers of all batches: builds the index, learns what producers have sent, cuts a torn tail.</summary>
    internal static Partition Open(StoreContext context, Topic topic, int index, string folder)
    {
        var partition = new Partition(context, topic, index, folder);
        partition.Recover();
        return partition;
    }

    void Recover()
    {
        var (least, producersEnd) = (ReadStart(), ReadProducers());
        // An empty file is a roll that nothing was written to; only the newest can be the active segment.
        var all = Segment.FilesIn(_folder).Select(path => Segment.Open(path, _context.Files)).ToList();
        var segments = all.Where((segment, i) => segment.Length > 0 || i == all.Count - 1).ToList();
        foreach (var left in all.Except(segments))
            left.Delete();

        var end = 0L;
        var last = segments.FindLastIndex(segment => segment.Length > 0);
        for (var i = 0; i <= last; i++)
            end = i < last ? Walk(segments[i], segments[i + 1].Base, producersEnd) : WalkLast(segments[i], producersEnd);
        if (segments.Count - 1 > last && segments[^1].Base < end)
        {
            // A roll that failed half-way: appends went on in the segment before.
            segments[^1].Delete();
            segments.RemoveAt(segments.Count - 1);
        }
        if (segments.Count == 0)
        {
            segments.Add(Segment.Create(_folder, Math.Max(end, least), _context.Files));
            _context.Disk.FlushFolder(_folder);
        }
        _segments = [.. segments];
        _end = Math.Max(end, Active.Base);
        _start = Math.Max(least, segments[0].Base);
        if (_start > _end)
            RaiseEnd(_start);
    }

    long ReadStart()
    {
        var path = Path.Combine(_folder, StartFile);
        var text = DurableText.Read(path);
        if (text == "")
            _context.Logger.FileDamaged(path, "records that were deleted may be there again.");
        return string.IsNullOrEmpty(text) ? 0 : long.Parse(text, CultureInfo.InvariantCulture);
    }

    long ReadProducers()
    {
        var path = Path.Combine(_folder, ProducersFile);
        var text = DurableText.Read(path);
        if (text == "")
            _context.Logger.FileDamaged(path, "a batch that a producer sends again may be stored twice.");
        return string.IsNullOrEmpty(text) ? 0 : _producers.Load(text);
    }

    /// <summary>Segments before the last were flushed before it was made: a crash cannot have torn them.</summary>
    /// <returns>The offset after it.</returns>
    long Walk(Segment segment, long below, long producersEnd)
    {
        using var rented = new RentedFile(segment);
        Span<byte> buffer = stackalloc byte[4096];
        var cursor = new SegmentCursor(segment, rented.File, buffer, 0, segment.Base, segment.Length);
        while (cursor.Read() is var status and not CursorStatus.End)
        {
            if (status == CursorStatus.Good)
            {
                Learn(segment, ref cursor, producersEnd);
                continue;
            }
            var found = SegmentWalk.Resume(segment, rented.File, ref cursor, segment.Length, below);
            AddGap(segment, cursor, found?.Position ?? segment.Length, found?.Offset ?? below);
        }
        return Math.Min(below, cursor.Expected);
    }

    long WalkLast(Segment segment, long producersEnd)
    {
        using var rented = new RentedFile(segment);
        Span<byte> buffer = stackalloc byte[4096];
        var cursor = new SegmentCursor(segment, rented.File, buffer, 0, segment.Base, segment.Length);
        while (cursor.Read() is var status and not CursorStatus.End)
        {
            if (status == CursorStatus.Good && SegmentScan.ChecksumHolds(segment, rented.File, cursor.Position, cursor.Batch.Size))
            {
                Learn(segment, ref cursor, producersEnd);
                continue;
            }
            // There may be whole batches behind the damage; where there are none, most likely a crash cut the last write short.
            var found = SegmentWalk.Resume(segment, rented.File, ref cursor, segment.Length, cursor.Expected + int.MaxValue);
            if (found is { } batch)
            {
                AddGap(segment, cursor, batch.Position, batch.Offset);
                continue;
            }
            _context.Logger.TailCut(segment.Path, segment.Length - cursor.Position, cursor.Position);
            _context.Disk.Cut(rented.File, cursor.Position);
            segment.Length = cursor.Position;
            WasCut = true;
            break;
        }
        // What a killed process had written may still be in the page cache only, and readers are about to see it.
        _context.Disk.Flush(rented.File);
        return cursor.Expected;
    }

    void Learn(Segment segment, ref SegmentCursor cursor, long producersEnd)
    {
        var batch = cursor.Batch;
        segment.Note(cursor.Position, batch.BaseOffset, batch.MaxTimestamp);
        if (batch.ProducerId >= 0 && batch.BaseOffset >= producersEnd)
        {
            _producers.Add(batch, batch.BaseOffset, _context.Now);
            _producers.Commit();
        }
        cursor.Advance();
    }

    void AddGap(Segment segment, in SegmentCursor cursor, long to, long nextOffset)
    {
        segment.AddGap(new Gap(cursor.Position, to, nextOffset));
        _context.Logger.BytesSkipped(_name, cursor.Position, to, segment.Path, cursor.Expected, nextOffset - 1);
    }
}
