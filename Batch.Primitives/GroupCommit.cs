namespace Batch.Primitives;

/// <summary>Group commit: what is added while a commit is under way goes together with the next. Items keep the order in which they were added.</summary>
/// <remarks>
/// What is added when nothing runs is committed at once. A commit runs for its whole group, so it is part of nobody's trace and is not
/// cancelled with anybody. One that blocks its thread is for <see cref="GroupCommitThread{TItem}"/>.
/// </remarks>
/// <param name="commit">Commits a group, one at a time; its result, or its fault, is that of all who are in the group.</param>
/// <param name="maxItems">Most items of a group.</param>
/// <param name="maxSize">Largest sum of their sizes; an item that is larger goes alone.</param>
/// <param name="pace">Awaited before each group is closed: what arrives meanwhile goes with it. Must not throw.</param>
public sealed class GroupCommit<TItem, TResult>(
    Func<IReadOnlyList<TItem>, Task<TResult>> commit, int maxItems, long maxSize = long.MaxValue, Func<Task>? pace = null)
{
    readonly Lock _lock = new();
    readonly Queue<Group> _groups = new();
    Group? _filling;
    Task _loop = Task.CompletedTask;
    bool _isRunning;
    bool _isStopped;

    /// <summary>Nothing waits, and no commit is under way.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
                return !_isRunning;
        }
    }

    /// <summary>Ends when the item's group has been committed.</summary>
    /// <exception cref="ObjectDisposedException">It has been stopped; the item was not taken.</exception>
    public Task<TResult> AddAsync(TItem item, long size = 0)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isStopped, this);
            if (_filling is null || _filling.Items.Count == maxItems || _filling.Size + size > maxSize)
                _groups.Enqueue(_filling = new Group());
            _filling.Items.Add(item);
            _filling.Size += size;
            if (!_isRunning)
            {
                _isRunning = true;
                // It outlives the request that starts it, and must not be part of its trace.
                using (ExecutionContext.SuppressFlow())
                    _loop = Task.Run(RunAsync, CancellationToken.None);
            }
            return _filling.Done.Task;
        }
    }

    /// <summary>Takes nothing more; ends when everything that was added has been committed.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _isStopped = true;
            return _loop;
        }
    }

    async Task RunAsync()
    {
        do
        {
            if (pace is not null)
                await pace();
            var group = Take();
            try
            {
                group.Done.SetResult(await commit(group.Items));
            }
            // Whatever the fault, every waiting caller must be released.
            catch (Exception exception)
            {
                group.Done.SetException(exception);
            }
        }
        while (GoesOn());
    }

    Group Take()
    {
        lock (_lock)
        {
            var group = _groups.Dequeue();
            if (group == _filling)
                _filling = null;
            return group;
        }
    }

    bool GoesOn()
    {
        lock (_lock)
            return _isRunning = _groups.Count > 0;
    }

    sealed class Group
    {
        public List<TItem> Items { get; } = [];
        public long Size { get; set; }
        public TaskCompletionSource<TResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
