using Batch.EmbeddedKafka.Batches;
using Microsoft.Win32.SafeHandles;

namespace Batch.EmbeddedKafka.Storage;

// What the writer's thread alone does.
public sealed partial class Partition
{
    readonly ProducerStates _producers = new();
    readonly List<ReadOnlyMemory<byte>> _parts = [];
    // The active file, from a write to its flush: an error of write-back is told to those who had the file open.
    SafeFileHandle? _writing;
    // Bytes past the active segment's length may stand in the file: a failed write that could not be undone yet.
    bool _tailToCut;
    long _lastAppend = Environment.TickCount64;

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
        if (Active.Length > 0 && Active.Length + bytes > SegmentBytes)
            Roll(_end);
        if (!Active.TryRent(out _writing))
            throw new IOException($"{Active.Path} is closed.");
        _tailToCut = true;
        _context.Disk.Write(_writing, _parts, Active.Length);
    }

    /// <summary>Flushes what <see cref="Write"/> has written. The one thing here that another thread does, while the writer's waits.</summary>
    internal void Flush() => _context.Disk.Flush(_writing!);

    /// <summary>Lets readers see what was flushed.</summary>
    /// <param name="now">Unix milliseconds.</param>
    internal void Publish(long now)
    {
        _tailToCut = false;
        _lastAppend = Environment.TickCount64;
        var active = Active;
        var (position, next) = (active.Length, _end);
        // The length first: what the index and the largest time tell of is then within it.
        active.Length += _parts.Sum(part => (long)part.Length);
        active.Modified = now;
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
        Volatile.Write(ref _end, next);
    }

    /// <summary>
    /// Ends a round of this partition, and takes back what a failed one has written; where even that fails, the next write tries again first.
    /// </summary>
    internal void EndRound(bool failed)
    {
        _parts.Clear();
        if (failed)
        {
            _producers.Undo();
            try
            {
                // After a failed fsync the state of the pages is unknown: they are cut off and written again, never just flushed again.
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
        if (baseOffset == Active.Base && Active.Length == 0)
            return;
        // Where this fails half-way, an empty file is left, which the next start removes.
        var segment = Segment.Create(_folder, baseOffset, _context.Files);
        _context.Disk.FlushFolder(_folder);
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

    internal void Close(bool deleted)
    {
        _deleted |= deleted;
        foreach (var segment in _segments)
            segment.Dispose();
    }
}
