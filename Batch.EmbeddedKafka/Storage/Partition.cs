using Batch.EmbeddedKafka.Batches;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>The segments of one partition, oldest first; batches are appended to the last.</summary>
/// <remarks>
/// Written by the store's one writer thread, read by anybody: readers see a snapshot of the segments, and of each only the bytes
/// that are on disk.
/// </remarks>
public sealed partial class Partition
{
    readonly StoreContext _context;
    readonly Topic _topic;
    readonly string _folder;
    readonly string _name;
    volatile Segment[] _segments = [];
    volatile bool _deleted;
    long _start;
    long _end;

    internal Partition(StoreContext context, Topic topic, int index, string folder) =>
        (_context, _topic, Index, _folder, _name) = (context, topic, index, folder, $"{topic.Name}-{index}");

    public int Index { get; }
    public string TopicName => _topic.Name;

    /// <summary>Offset of the oldest record (log start offset).</summary>
    public long Start => Volatile.Read(ref _start);

    /// <summary>Offset that the next record gets; all below it is on disk (high watermark).</summary>
    public long End => Volatile.Read(ref _end);

    /// <summary>The start had to cut bytes off the end: records that clients have read may get others' offsets.</summary>
    public bool WasCut { get; private set; }

    /// <summary>Bytes of all segments.</summary>
    public long Bytes => _segments.Sum(segment => segment.Length);

    /// <summary>Something has become readable, or the topic was deleted: look again.</summary>
    /// <remarks>Raised once for each round of the writer, on its thread: a handler sets a flag or completes a task, and must not wait.</remarks>
    public event Action? Appended;

    /// <summary>Appends batches that <see cref="RecordBatch.Validate"/> has found sound; done when they are on disk.</summary>
    /// <param name="batches">Gets its offsets written in. Must stay as it is until the task ends.</param>
    /// <exception cref="KafkaErrorException">
    /// OutOfOrderSequenceNumber, InvalidProducerEpoch; KafkaStorageError with the reason in the message: nothing was stored;
    /// UnknownTopicOrPartition: the topic was deleted; NotLeaderOrFollower: the store is being closed.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled before writing began: nothing was stored.</exception>
    public Task<AppendResult> AppendAsync(Memory<byte> batches, CancellationToken cancellationToken)
    {
        if (_deleted)
            return Task.FromException<AppendResult>(Deleted());
        var append = new PendingAppend(this, batches);
        append.CancelBy(cancellationToken);
        _context.Writer.Enqueue(append);
        return append.Done;
    }

    /// <summary>Finds whole batches from the one that holds <paramref name="offset"/> on, or from the next where there is none.</summary>
    /// <param name="maxBytes">Limit of the slice.</param>
    /// <param name="atLeastOne">The first batch is found even where it is larger.</param>
    /// <returns>To be disposed of. Empty at the end, and where the first batch is too large.</returns>
    /// <exception cref="KafkaErrorException">OffsetOutOfRange, UnknownTopicOrPartition, KafkaStorageError.</exception>
    public FetchSlice Find(long offset, int maxBytes, bool atLeastOne)
    {
        while (true)
        {
            // The end first: the bytes of every record below it are then within the segments' lengths.
            var end = End;
            var segments = _segments;
            var start = Start;
            if (_deleted)
                throw Deleted();
            if (offset < start || offset > end)
                throw new KafkaErrorException(KafkaError.OffsetOutOfRange, $"{_name} has offsets {start} to {end}; {offset} is not one of them.");
            if (offset == end)
                return new FetchSlice(offset, end);
            if (TryFind(segments, offset, end, maxBytes, atLeastOne) is { } slice)
                return slice;
        }
    }

    /// <returns>Null: a segment has been freed meanwhile.</returns>
    FetchSlice? TryFind(Segment[] segments, long offset, long end, int maxBytes, bool atLeastOne)
    {
        for (var i = IndexOf(segments, offset); i < segments.Length; i++)
        {
            var segment = segments[i];
            if (segment.Length == 0)
                continue;
            var found = false;
            if (!TryRent(segment, out var file))
                return null;
            try
            {
                var below = i + 1 < segments.Length ? segments[i + 1].Base : long.MaxValue;
                var walk = new SegmentWalk(segment, file, _name, below, _context.Logger);
                if (!walk.TryFind(offset, maxBytes, atLeastOne, out var position, out var length, out var next))
                    continue;
                if (length == 0)
                    return new FetchSlice(offset, end);
                found = true;
                return new FetchSlice(segment, file, position, length, next, end);
            }
            catch (Exception e) when (LogDisk.IsFault(e))
            {
                throw CannotRead(segment, e);
            }
            finally
            {
                if (!found)
                    segment.Return();
            }
        }
        // Offsets may end in a gap: those of records that were lost are not given again.
        return new FetchSlice(end, end);
    }

    /// <summary>The first record whose time is at or after the given one; null where there is none.</summary>
    /// <param name="timestamp">Unix milliseconds.</param>
    /// <returns>For records that are compressed: the base offset and the largest time of their batch.</returns>
    /// <exception cref="KafkaErrorException">UnknownTopicOrPartition, KafkaStorageError.</exception>
    public (long Offset, long Timestamp)? OffsetForTime(long timestamp)
    {
        while (true)
        {
            if (_deleted)
                throw Deleted();
            var end = End;
            var segments = _segments;
            var start = Start;
            var freed = false;
            for (var i = 0; i < segments.Length && !freed; i++)
            {
                var segment = segments[i];
                if (segment.MaxTimestamp < timestamp || segment.Length == 0)
                    continue;
                if (!TryRent(segment, out var file))
                {
                    freed = true;
                    continue;
                }
                try
                {
                    var below = i + 1 < segments.Length ? segments[i + 1].Base : long.MaxValue;
                    if (new SegmentWalk(segment, file, _name, below, _context.Logger).FindTime(timestamp, start) is { } found)
                        return found;
                }
                catch (Exception e) when (LogDisk.IsFault(e))
                {
                    throw CannotRead(segment, e);
                }
                finally
                {
                    segment.Return();
                }
            }
            if (!freed)
                return null;
        }
    }

    /// <summary>The first record that has the largest time of all; (-1, -1) where the partition is empty.</summary>
    /// <exception cref="KafkaErrorException">UnknownTopicOrPartition, KafkaStorageError.</exception>
    public (long Offset, long Timestamp) MaxTimestamp
    {
        get
        {
            var largest = _segments.Max(segment => segment.MaxTimestamp);
            return largest < 0 ? (-1, -1) : OffsetForTime(largest) ?? (-1, -1);
        }
    }

    /// <summary>Deletes all records below an offset; durable once this returns.</summary>
    /// <param name="before">-1: all there are.</param>
    /// <exception cref="KafkaErrorException">OffsetOutOfRange, UnknownTopicOrPartition, KafkaStorageError.</exception>
    public void DeleteRecords(long before) => _context.Writer.Run(() => DeleteBelow(before));

    /// <summary>No offset below this is given again: a group has committed it, though the records were lost.</summary>
    /// <exception cref="KafkaErrorException">UnknownTopicOrPartition, KafkaStorageError.</exception>
    public void LeaveOut(long below)
    {
        if (below > End)
            _context.Writer.Run(() => RaiseEnd(below));
    }

    static int IndexOf(Segment[] segments, long offset)
    {
        var i = segments.Length - 1;
        while (i > 0 && segments[i].Base > offset)
            i--;
        return i;
    }

    bool TryRent(Segment segment, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Microsoft.Win32.SafeHandles.SafeFileHandle? file)
    {
        try
        {
            return segment.TryRent(out file);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            if (_deleted)
                throw Deleted();
            throw CannotRead(segment, e);
        }
    }

    KafkaErrorException Deleted() => new(KafkaError.UnknownTopicOrPartition, $"The topic {TopicName} has been deleted.");

    static KafkaErrorException CannotRead(Segment segment, Exception e) =>
        new(KafkaError.KafkaStorageError, $"{segment.Path} cannot be read: {e.Message}", e);
}
