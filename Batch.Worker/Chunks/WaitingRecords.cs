using Batch.Core.Telemetry;

namespace Batch.Worker.Chunks;

/// <summary>The records of this worker that wait for a fault to pass: which, since when, why, and whether waiting is of any use.</summary>
/// <remarks>
/// Whose fault is it, the chunk's or ClickHouse's? Its code does not always tell (a server's memory may be too small for this one insert),
/// so the other records are the evidence. A failure is contradicted if rows of another record have gone into the same table since the one
/// before. After <see cref="MaxContradicted"/> of these, with pauses of up to <see cref="WorkerOptions.MaxBackoff"/>, the fault is taken for the chunk's
/// own. Rows in another table prove nothing: the folder of this one may be damaged.
/// </remarks>
internal sealed class WaitingRecords(TimeProvider time)
{
    /// <summary>100: more than eight minutes at the default pauses. Of inserts that fail at random, nine in ten, not one chunk in 30,000 gets there.</summary>
    public const int MaxContradicted = 100;

    /// <summary>Most that wait in memory before a partition in which one waits is read no further.</summary>
    public const int MaxWaiting = 32;

    readonly Lock _lock = new();
    readonly Dictionary<InFlightSlot, Waiting> _waiting = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>No more are read, of the partitions in which some wait.</summary>
    public bool IsFull => Count >= MaxWaiting;

    /// <summary>One sentence for health and log; null while nothing waits.</summary>
    public string? Describe()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
                return null;
            var (slot, oldest) = _waiting.MinBy(waiting => waiting.Value.Since);
            var others = _waiting.Count == 1 ? "" : $" ({_waiting.Count} wait in all)";
            return FormattableString.Invariant($"{slot.What} waits since {oldest.Since:yyyy-MM-dd HH:mm:ss}Z{others}: {oldest.Reason}");
        }
    }

    /// <summary>An attempt at the record has failed, and it waits from now on until it is <see cref="Done"/>.</summary>
    public void Failed(InFlightSlot slot, Exception fault)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(slot, out var waiting))
            {
                _waiting[slot] = waiting = new(time.GetUtcNow());
                ChunkMetrics.SetAside();
            }
            waiting.Reason = fault.Message;
            if (waiting.OthersGoIn)
                waiting.Contradicted++;
            waiting.OthersGoIn = false;
        }
    }

    /// <summary>Rows of the record are in the table of its model.</summary>
    public void Loaded(InFlightSlot slot)
    {
        lock (_lock)
            foreach (var (other, waiting) in _waiting)
                waiting.OthersGoIn |= other != slot && other.Model == slot.Model;
    }

    /// <summary>All others of its table go in, again and again, and this one does not.</summary>
    public bool IsItsOwnFault(InFlightSlot slot)
    {
        lock (_lock)
            return _waiting.TryGetValue(slot, out var waiting) && waiting.Contradicted >= MaxContradicted;
    }

    public void Done(InFlightSlot slot)
    {
        lock (_lock)
            if (_waiting.Remove(slot))
                ChunkMetrics.TakenUpAgain();
    }

    sealed class Waiting(DateTimeOffset since)
    {
        public DateTimeOffset Since => since;
        public string Reason { get; set; } = "";
        public bool OthersGoIn { get; set; }
        public int Contradicted { get; set; }
    }
}
