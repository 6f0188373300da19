namespace Batch.Primitives;

/// <summary>Memory that many users share. Who comes first is served first, so that large requests are not starved by small ones.</summary>
/// <remarks>
/// A request larger than the whole budget is granted once nothing else is held.
/// </remarks>
public sealed class ByteBudget(long bytes)
{
    sealed class Waiter(long bytes) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Bytes { get; } = bytes;
    }

    readonly Lock _lock = new();
    readonly LinkedList<Waiter> _waiting = new();
    long _held;

    /// <summary>All there is, in bytes.</summary>
    public long Limit { get; } = bytes;

    /// <summary>Bytes held now.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>Users that wait for room now.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Holds <paramref name="bytes"/> once there is room; <see cref="Release"/> gives them back.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting; nothing is held.</exception>
    public Task AcquireAsync(long bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _held += bytes;
                return Task.CompletedTask;
            }
            waiter = new Waiter(bytes);
            _waiting.AddLast(waiter);
        }
        return WaitAsync(waiter, cancellationToken);
    }

    public void Release(long bytes)
    {
        lock (_lock)
        {
            _held -= bytes;
            Serve();
        }
    }

    async Task WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(_ => Leave(waiter, cancellationToken), null);
        await waiter.Task;
    }

    void Leave(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // Served in this very moment: the bytes are its own, and it will give them back like any other.
            if (!_waiting.Remove(waiter))
                return;
            waiter.SetCanceled(cancellationToken);
            Serve();
        }
    }

    void Serve()
    {
        while (_waiting.First is { Value: var first } && Fits(first.Bytes))
        {
            _waiting.RemoveFirst();
            _held += first.Bytes;
            first.SetResult();
        }
    }

    bool Fits(long bytes) => _held == 0 || bytes <= Limit - _held;
}
