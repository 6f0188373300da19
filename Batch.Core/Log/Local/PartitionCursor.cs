using Batch.Primitives;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Local;

/// <summary>One reader's place in one partition.</summary>
/// <remarks>
/// Damage is never passed over in silence. A value that fails its checksum is delivered and marked, since its headers are sound and
/// whoever reads it can say what was lost; bytes that are no frame at all are skipped with an error line and counted.
/// </remarks>
internal sealed class PartitionCursor(LocalPartition partition, long next, LogRecordPool pool, ILogger logger)
{
    readonly FrameReader _frames = new();
    readonly long _firstNew = partition.End;
    Segment? _segment;
    long _position;

    /// <summary>Offset of the next record, or of one before it where offsets are left out.</summary>
    public long Next { get; private set; } = next;

    /// <summary>The next record that is on disk; null where there is none yet.</summary>
    public LogRecord? Read()
    {
        while (true)
        {
            // The end first: the bytes of every record below it are then within the segments' lengths.
            var end = partition.End;
            if (Next >= end)
                return null;
            if (_segment is null)
                Locate();
            var segment = _segment!;
            var limit = segment.Length;
            if (_position >= limit)
            {
                if (partition.After(segment) is { } following)
                {
                    (_segment, _position) = (following, 0);
                    Next = Math.Max(Next, following.Base);
                    continue;
                }
                // Offsets may end in a gap: after a tail was cut, none is given twice.
                Next = Math.Max(Next, end);
                return null;
            }

            try
            {
                var status = _frames.Read(segment, _position, limit, out var frame);
                if (status != FrameStatus.Good)
                    SkipDamage(segment, limit, end);
                else if (frame.Offset < Next)
                    _position += frame.TotalBytes;
                else
                    return Take(segment, frame);
            }
            catch (ObjectDisposedException) when (partition.At(Math.Max(Next, partition.Start)) != segment)
            {
                // The segment was given back meanwhile: every group is past it.
                _segment = null;
            }
        }
    }

    void Locate()
    {
        Next = Math.Max(Next, partition.Start);
        _segment = partition.At(Next);
        _position = 0;
    }

    LogRecord Take(Segment segment, RecordFrame frame)
    {
        var headers = _frames.ReadHeaders(segment, _position, frame);
        var lease = pool.Rent(frame.ValueBytes);
        try
        {
            _frames.ReadValue(segment, _position, frame, lease.Memory.Span);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
        var damaged = Crc32C.Of(lease.Memory.Span) != frame.ValueChecksum;
        if (damaged)
        {
            logger.ValueDamaged(partition.Id.Topic, partition.Id.Partition, frame.Offset, segment.Path, _position);
            LogMetrics.Damaged(partition.Id);
        }
        _position += frame.TotalBytes;
        Next = frame.Offset + 1;
        return new LogRecord(
            new LogPosition(partition.Id.Topic, partition.Id.Partition, frame.Offset), headers, lease.Memory,
            DateTimeOffset.FromUnixTimeMilliseconds(frame.UnixMilliseconds), lease, damaged, isNew: frame.Offset >= _firstNew);
    }

    void SkipDamage(Segment segment, long limit, long end)
    {
        var below = partition.After(segment)?.Base ?? end;
        var found = _frames.Find(segment, _position + 1, limit, Next, below);
        var resume = found < 0 ? limit : found;
        logger.BytesSkipped(partition.Id.Topic, partition.Id.Partition, segment.Path, _position, resume, Next);
        LogMetrics.Damaged(partition.Id);
        _position = resume;
    }
}
