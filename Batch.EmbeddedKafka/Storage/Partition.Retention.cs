namespace Batch.EmbeddedKafka.Storage;

// How room is given back, by the writer's thread alone.
public sealed partial class Partition
{
    const string StartFile = "start";
    const string ProducersFile = "producers";
    const int ForgetMilliseconds = 60_000;

    long _nextForget;

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
}
