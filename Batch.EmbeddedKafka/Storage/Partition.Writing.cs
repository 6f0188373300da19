using Batch.EmbeddedKafka.Batches;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

// What the writer's thread alone does.
public sealed partial class Partition
{
    const string StartFile = "start";
    const string ProducersFile = "producers";
    const int ForgetMilliseconds = 60_000;

    readonly ProducerStates _producers = new();
    readonly List<ReadOnlyMemory<byte>> _parts = [];
    // The active file, from a write to its flush: an error of write-back is told to those who had the file open.
    SafeFileHandle? _writing;
    // Bytes past the active segment's length may stand in the file: a failed write that could not be undone yet.
    bool _tailToCut;
    // A roll failed half-way: the next append has to begin a new segment, for its file may stand there.
    bool _rollDue;
    long _lastAppend = Environment.TickCount64;
    long _nextForget;

    Segment Active => _segments[^1];

    long SegmentBytes => Math.Min(_topic.Settings.SegmentBytes, _context.Options.SegmentBytes);

    /// <summary>Gives offsets to what may be appended, and fails what may not.</summary>
    /// <returns>Bytes to write.</returns>
    internal long Admit(List<PendingAppend> appends, long now)
    {
        _parts.Clear();
        var (bytes, next) = (0L, _end);
        for (var i = 0; i < appends.Count; i++)
        {
            var append = appends[i];
            try
            {
                if (_deleted)
                    throw Deleted();
                append.BaseOffset = next;
                for (var rest = append.Batches; !rest.IsEmpty && !append.IsDuplicate;)
                {
                    var batch = new RecordBatch(rest.Span);
                    if (batch.ProducerId >= 0 && _producers.Admit(batch, next, now, _name) is { } original)
                    {
                        (append.BaseOffset, append.IsDuplicate) = (original, true);
                        break;
                    }
                    RecordBatch.Place(rest.Span, next);
                    next += batch.LastOffsetDelta + 1L;
                    rest = rest[(int)batch.Size..];
                }
                if (append.IsDuplicate)
                    continue;
                _parts.Add(append.Batches);
                bytes += append.Batches.Length;
            }
            catch (KafkaErrorException e)
            {
                append.Fail(e);
                appends.RemoveAt(i--);
            }
        }
        return bytes;
    }

    /// <summary>Writes what was admitted without flushing; all of it or none.</summary>
    internal void Write(long bytes)
    {
        if (_tailToCut)
            CutTail();
        if (_rollDue || (Active.Length > 0 && Active.Length + bytes > SegmentBytes))
            Roll(_end);
        if (!Active.TryRent(out _writing))
            throw new IOException($"{Active.Path} is closed.");
        _tailToCut = true;
        _context.Disk.Write(_writing, _parts, Active.Length);
    }

    /// <summary>Flushes what <see cref="Write"/> has written and lets readers see it.</summary>
    /// <param name="now">Unix milliseconds.</param>
    internal void Flush(long now)
    {
        _context.Disk.Flush(_writing!);
        _tailToCut = false;
        _lastAppend = Environment.TickCount64;
        var active = Active;
        var (position, next) = (active.Length, _end);
        foreach (var part in _parts)
        {
            for (var rest = part.Span; !rest.IsEmpty;)
            {
                var batch = new RecordBatch(rest);
                active.Note(position, next, batch.MaxTimestamp);
                next += batch.LastOffsetDelta + 1L;
                position += batch.Size;
                rest = rest[(int)batch.Size..];
            }
        }
        active.Modified = now;
        active.Length = position;
        Volatile.Write(ref _end, next);
    }

    /// <summary>Ends a round of this partition, and takes back what a failed one has written; where even that fails, the next write tries again first.</summary>
    internal void EndRound(bool failed)
    {
        _parts.Clear();
        if (failed)
        {
            _producers.Undo();
            try
            {
                // After a failed fsync nothing is known of the pages: they are cut off and written anew, never flushed again.
                if (_tailToCut)
                    CutTail();
            }
            catch (Exception e) when (LogDisk.IsFault(e))
            {
                _context.Logger.AppendFailed(_name, "The written bytes cannot be cut off yet.", e);
            }
        }
        else
        {
            _producers.Commit();
        }
        if (_writing is not null)
        {
            _writing = null;
            Active.Return();
        }
    }

    internal void RaiseAppended()
    {
        try
        {
            Appended?.Invoke();
        }
        catch (Exception e)
        {
            // A reader's mistake is not to stop the one thread that writes.
            _context.Logger.WriterFailed(e);
        }
    }

    void CutTail()
    {
        if (!Active.TryRent(out var file))
            throw new IOException($"{Active.Path} is closed.");
        try
        {
            _context.Disk.Cut(file, Active.Length);
        }
        finally
        {
            Active.Return();
        }
        _tailToCut = false;
    }

    void Roll(long baseOffset)
    {
        _rollDue = true;
        if (baseOffset == Active.Base && Active.Length == 0)
        {
            _rollDue = false;
            return;
        }
        var segment = Segment.Create(_folder, baseOffset, _context.Files);
        _context.Disk.FlushFolder(_folder);
        _rollDue = false;
        _segments = [.. _segments, segment];
    }

    void RaiseEnd(long below)
    {
        if (_deleted)
            throw Deleted();
        if (below <= _end)
            return;
        if (_tailToCut)
            CutTail();
        _context.Logger.OffsetsLeftOut(_name, below - 1);
        Roll(below);
        Volatile.Write(ref _end, below);
    }

    void DeleteBelow(long before)
    {
        if (_deleted)
            throw Deleted();
        if (before == -1)
            before = _end;
        if (before < 0 || before > _end)
            throw new KafkaErrorException(KafkaError.OffsetOutOfRange, $"{_name} has offsets {Start} to {_end}; records below {before} cannot be deleted.");
        if (before <= Start)
            return;
        DurableText.Write(_context.Disk, Path.Combine(_folder, StartFile), $"{before}");
        Volatile.Write(ref _start, before);
        Free(before, idleMilliseconds: 0);
    }

    /// <summary>Gives back segments that every group is past, or that are too old or too many.</summary>
    /// <param name="consumed">Offset that every group with a position is past; null: no group has one.</param>
    /// <param name="idleMilliseconds">A small active segment is given back too once nothing was appended for this long.</param>
    /// <returns>False: there is more to give back later, when the partition has been idle.</returns>
    internal bool Trim(long? consumed, long now, long idleMilliseconds)
    {
        if (_deleted)
            return true;
        if (Environment.TickCount64 >= _nextForget)
        {
            _producers.ForgetIdle(now);
            _nextForget = Environment.TickCount64 + ForgetMilliseconds;
        }
        var below = Math.Max(Math.Max(consumed ?? 0, Start), Math.Max(ExpiredBelow(now), TooManyBelow()));
        return Free(below, idleMilliseconds);
    }

    long ExpiredBelow(long now)
    {
        var retention = _topic.Settings.RetentionMs;
        if (retention < 0)
            return 0;
        foreach (var segment in _segments)
            if (segment.Length > 0 && now - (segment.MaxTimestamp < 0 ? segment.Modified : segment.MaxTimestamp) <= retention)
                return segment.Base;
        return _end;
    }

    /// <summary>The active segment always stays, as in Kafka.</summary>
    long TooManyBelow()
    {
        var retention = _topic.Settings.RetentionBytes;
        if (retention < 0)
            return 0;
        var excess = Bytes - retention;
        var segments = _segments;
        var i = 0;
        while (i < segments.Length - 1 && (excess -= segments[i].Length) >= 0)
            i++;
        return segments[i].Base;
    }

    bool Free(long below, long idleMilliseconds)
    {
        var drained = below >= _end && Active.Length > 0;
        var later = drained && Active.Length < SegmentBytes / 4 && Environment.TickCount64 - _lastAppend < idleMilliseconds;
        try
        {
            if (drained && !later && !_tailToCut)
                Roll(_end);
            if (_segments.Length > 1 && _segments[1].Base <= below)
                SaveProducers();
            while (_segments.Length > 1 && _segments[1].Base <= below)
            {
                var oldest = _segments[0];
                Volatile.Write(ref _start, Math.Max(_start, _segments[1].Base));
                _segments = _segments[1..];
                oldest.Delete();
            }
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            _context.Logger.TrimFailed(_name, e);
            return false;
        }
        return !later;
    }

    /// <summary>What producers have sent is read from the log again after a restart; of segments that go, it is kept in a file.</summary>
    void SaveProducers()
    {
        if (!_producers.Changed)
            return;
        try
        {
            DurableText.Write(_context.Disk, Path.Combine(_folder, ProducersFile), _producers.Snapshot(_end));
            _producers.Saved();
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            // On a full disk room has to be given back all the same.
            _context.Logger.ProducersNotSaved(_name, e);
        }
    }

    internal void Close(bool deleted)
    {
        _deleted |= deleted;
        foreach (var segment in _segments)
            segment.Dispose();
    }
}
