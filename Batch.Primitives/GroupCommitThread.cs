namespace Batch.Primitives;

/// <summary>Group commit on a thread of its own, for a commit that blocks: a flush to disk, a client that cannot be awaited.</summary>
/// <remarks>
/// Without a timer: what is added while a commit runs goes together with the next, and what is added when nothing runs is committed at once.
/// On the pool a few commits that block would hold all threads of a small machine, and what only one thread touches needs no lock.
/// </remarks>
public sealed class GroupCommitThread<TItem>
{
    readonly object _gate = new();
    readonly Queue<TItem> _waiting = new();
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Action<IReadOnlyList<TItem>> _commit;
    readonly int _maxItems;
    bool _isStopping;

    /// <param name="maxItems">Most items of a group.</param>
    /// <param name="commit">Commits a group, in the order of adding, and tells those who wait. The list is used again. Must not throw.</param>
    public GroupCommitThread(string name, int maxItems, Action<IReadOnlyList<TItem>> commit)
    {
        (_maxItems, _commit) = (maxItems, commit);
        new Thread(Run) { Name = name, IsBackground = true }.Start();
    }

    /// <returns>False: it is being stopped, and the item was not taken.</returns>
    public bool TryAdd(TItem item)
    {
        lock (_gate)
        {
            if (_isStopping)
                return false;
            _waiting.Enqueue(item);
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>For a commit that has failed and is to be repeated: waits so long, or until it is told to stop.</summary>
    /// <returns>True: it has been told to stop.</returns>
    public bool StopsWithin(TimeSpan pause)
    {
        var until = Environment.TickCount64 + (long)pause.TotalMilliseconds;
        lock (_gate)
        {
            while (!_isStopping && until - Environment.TickCount64 is var left and > 0)
                Monitor.Wait(_gate, (int)left);
            return _isStopping;
        }
    }

    /// <summary>Takes nothing more; ends when everything that was added has been committed.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }
        return _ended.Task;
    }

    void Run()
    {
        var group = new List<TItem>();
        while (WaitFor(group))
        {
            _commit(group);
            group.Clear();
        }
        _ended.SetResult();
    }

    bool WaitFor(List<TItem> group)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_isStopping)
                Monitor.Wait(_gate);
            while (group.Count < _maxItems && _waiting.TryDequeue(out var item))
                group.Add(item);
            return group.Count > 0;
        }
    }
}
