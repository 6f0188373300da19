using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Local;

/// <summary>The segments of one partition, oldest first; records are appended to the last.</summary>
/// <remarks>
/// Written by the log's one writer thread, read by anybody: readers see a snapshot of the segments, and of each only the bytes
/// that are on disk. <see cref="Recover"/> is the only place that decides what becomes of bytes left by a crash.
/// </remarks>
internal sealed class LocalPartition : IDisposable
{
    readonly string _folder;
    readonly LogDisk _disk;
    readonly long _segmentBytes;
    readonly ILogger _logger;
    readonly List<ReadOnlyMemory<byte>> _parts = [];
    volatile Segment[] _segments;
    long _end;
    // Bytes past the active segment's length may stand in the file: a failed write that could not be undone yet.
    bool _tailToCut;
    long _lastAppend;

    LocalPartition(LogPartition id, string folder, LogDisk disk, long segmentBytes, ILogger logger, Segment[] segments) =>
        (Id, _folder, _disk, _segmentBytes, _logger, _segments) = (id, folder, disk, segmentBytes, logger, segments);

    public LogPartition Id { get; }

    /// <summary>Offset of the oldest record still held.</summary>
    public long Start => _segments[0].Base;

    /// <summary>Offset the next record gets; all below it is on disk.</summary>
    public long End => Volatile.Read(ref _end);

    public long Bytes => _segments.Sum(segment => segment.Length);

    Segment Active => _segments[^1];

    /// <param name="leastEnd">No offset below this is given again: a group has committed up to it.</param>
    public static LocalPartition Open(
        LogPartition id, string folder, LogDisk disk, long segmentBytes, long leastEnd, ILogger logger)
    {
        Directory.CreateDirectory(folder);
        Segment[] segments = [.. Segment.FilesIn(folder).Select(Segment.Open).OrderBy(segment => segment.Base)];
        if (segments.Length == 0)
        {
            segments = [Segment.Create(folder, leastEnd)];
            LogDisk.FlushDirectory(folder);
            LogDisk.FlushDirectory(Path.GetDirectoryName(folder)!);
        }
        var partition = new LocalPartition(id, folder, disk, segmentBytes, logger, segments);
        partition._end = Math.Max(leastEnd, partition.Recover());
        return partition;
    }

    /// <summary>Walks the last segment, cuts a torn tail, and returns the offset after its last record.</summary>
    /// <remarks>Segments before it were flushed before it was made, so that a crash cannot have torn them.</remarks>
    long Recover()
    {
        var segment = Active;
        var frames = new FrameReader();
        var next = segment.Base;
        var position = 0L;
        while (position < segment.Length)
        {
            var status = frames.Read(segment, position, segment.Length, out var frame);
            if (status == FrameStatus.Good)
            {
                if (!frames.CheckValue(segment, position, frame))
                    _logger.ValueDamaged(Id.Topic, Id.Partition, frame.Offset, segment.Path, position);
                next = frame.Offset + 1;
                position += frame.TotalBytes;
                continue;
            }
            // A good frame whose value is cut short can only be the last. Else there may be whole records behind the damage.
            var found = status == FrameStatus.Torn ? -1 : frames.Find(segment, position + 1, segment.Length, next, long.MaxValue);
            if (found < 0)
            {
                _logger.TailCut(segment.Path, segment.Length - position, position);
                _disk.Cut(segment.File, position);
                segment.Length = position;
                break;
            }
            _logger.BytesSkipped(Id.Topic, Id.Partition, segment.Path, position, found, next);
            position = found;
        }
        // What a killed process had written may still be in the page cache only, and readers are about to see it.
        _disk.Flush(segment.File);
        return next;
    }

    public Segment At(long offset)
    {
        var segments = _segments;
        for (var i = segments.Length - 1; i > 0; i--)
            if (segments[i].Base <= offset)
                return segments[i];
        return segments[0];
    }

    public Segment? After(Segment segment) => Array.Find(_segments, other => other.Base > segment.Base);

    /// <summary>Writes records behind each other without flushing; all of them or none.</summary>
    public void Write(List<PendingAppend> appends, long bytes, long unixMilliseconds)
    {
        if (_tailToCut)
            CutTail();
        if (Active.Length > 0 && Active.Length + bytes > _segmentBytes)
            Roll();
        _parts.Clear();
        for (var i = 0; i < appends.Count; i++)
            appends[i].Frame(_end + i, unixMilliseconds, _parts);
        _tailToCut = true;
        try
        {
            _disk.Write(Active.File, _parts, Active.Length);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            UndoWrite();
            throw;
        }
        finally
        {
            _parts.Clear();
        }
    }

    /// <summary>Flushes what <see cref="Write"/> has written and lets readers see it.</summary>
    public void Flush(int records, long bytes)
    {
        try
        {
            _disk.Flush(Active.File);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            // After a failed fsync nothing is known of the pages: they are cut off and written anew, never flushed again.
            UndoWrite();
            throw;
        }
        _tailToCut = false;
        _lastAppend = Environment.TickCount64;
        Active.Length += bytes;
        Volatile.Write(ref _end, _end + records);
    }

    /// <summary>Takes back what <see cref="Write"/> wrote; where even that fails, the next write tries again first.</summary>
    void UndoWrite()
    {
        try
        {
            CutTail();
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            _logger.AppendFailed(Id.Topic, Id.Partition, "The written bytes cannot be cut off yet.", e);
        }
    }

    void CutTail()
    {
        _disk.Cut(Active.File, Active.Length);
        _tailToCut = false;
    }

    void Roll()
    {
        var segment = Segment.Create(_folder, _end);
        try
        {
            LogDisk.FlushDirectory(_folder);
        }
        catch
        {
            segment.Dispose();
            throw;
        }
        _segments = [.. _segments, segment];
    }

    /// <summary>Gives back segments all of whose records lie below <paramref name="offset"/>.</summary>
    /// <param name="idleMilliseconds">A small active segment is given back too once nothing was appended for this long.</param>
    /// <returns>False: there is more to give back later, when the partition has been idle.</returns>
    public bool Trim(long offset, long idleMilliseconds)
    {
        var drained = offset >= _end && Active.Length > 0;
        var rest = drained && Active.Length < _segmentBytes / 4 && Environment.TickCount64 - _lastAppend < idleMilliseconds;
        try
        {
            if (drained && !rest && !_tailToCut)
                Roll();
            while (_segments.Length > 1 && _segments[1].Base <= offset)
            {
                var oldest = _segments[0];
                _segments = _segments[1..];
                oldest.Delete();
            }
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            _logger.TrimFailed(Id.Topic, Id.Partition, e);
            return false;
        }
        return !rest;
    }

    public void Dispose()
    {
        foreach (var segment in _segments)
            segment.Dispose();
    }
}
