using Batch.Core.Log;

namespace Batch.Worker.Chunks;

/// <summary>Which records of the assigned partitions are done, and up to where that may be committed.</summary>
/// <remarks>
/// Chunks finish out of order; an offset may be committed only when all before it are done, or a crash would skip the one
/// that was not. Invariant: a partition's queue holds, in offset order, every record taken and not yet committed.
/// </remarks>
internal sealed class PartitionProgress
{
    readonly Lock _lock = new();
    readonly Dictionary<LogPartition, Queue<Taken>> _partitions = [];

    /// <summary>A record was read. Records of one partition come in offset order.</summary>
    public Taken Take(LogPosition position)
    {
        var taken = new Taken(position);
        lock (_lock)
        {
            if (!_partitions.TryGetValue(position.Source, out var queue))
                _partitions[position.Source] = queue = new Queue<Taken>();
            queue.Enqueue(taken);
        }
        return taken;
    }

    /// <summary>The record is done. Returns the position to commit, or null while one before it is not done.</summary>
    public LogPosition? Done(Taken taken)
    {
        lock (_lock)
        {
            taken.IsDone = true;
            if (!_partitions.TryGetValue(taken.Position.Source, out var queue))
                return null;
            LogPosition? last = null;
            while (queue.TryPeek(out var first) && first.IsDone)
                last = queue.Dequeue().Position;
            return last;
        }
    }

    /// <summary>The partition is somebody else's now: what is still in hand of it is not ours to commit.</summary>
    public void Forget(IEnumerable<LogPartition> partitions)
    {
        lock (_lock)
            foreach (var partition in partitions)
                if (_partitions.Remove(partition, out var queue))
                    foreach (var taken in queue)
                        taken.IsLost = true;
    }

    /// <summary>The same for all partitions.</summary>
    public void ForgetAll()
    {
        lock (_lock)
            Forget([.. _partitions.Keys]);
    }

    internal sealed class Taken(LogPosition position)
    {
        public LogPosition Position { get; } = position;
        public bool IsDone { get; set; }
        /// <summary>Its partition is somebody else's by now, who gets the record too.</summary>
        public volatile bool IsLost;
    }
}
