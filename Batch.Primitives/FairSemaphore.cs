namespace Batch.Primitives;

/// <summary>A semaphore whose users take several permits at a time, in the order of asking: large requests are not starved by small ones.</summary>
/// <remarks>
/// A request for more permits than there are is granted once nothing else is held. A grant and a cancellation that meet are decided by the lock:
/// a waiter gets its permits or is cancelled, never both, so no permit is lost.
/// </remarks>
public class FairSemaphore(long permits)
{
    sealed class Waiter(long permits) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Permits { get; } = permits;
    }

    readonly Lock _lock = new();
    readonly LinkedList<Waiter> _waiting = new();
    long _held;

    /// <summary>All permits there are.</summary>
    public long Limit { get; } = permits;

    /// <summary>Permits held now.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>Users that wait now.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Takes so many permits once they are free; <see cref="Release"/> gives them back.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting; nothing is held.</exception>
    public Task AcquireAsync(long permits, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_lock)
        {
            if (_waiting.Count == 0 && IsFree(permits))
            {
                _held += permits;
                return Task.CompletedTask;
            }
            waiter = new Waiter(permits);
            _waiting.AddLast(waiter);
        }
        return WaitAsync(waiter, cancellationToken);
    }

    public void Release(long permits)
    {
        lock (_lock)
        {
            _held -= permits;
            Grant();
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
            // Granted in this very moment: it holds its permits, and will give them back like any other.
            if (!_waiting.Remove(waiter))
                return;
            waiter.SetCanceled(cancellationToken);
            Grant();
        }
    }

    void Grant()
    {
        while (_waiting.First is { Value: var first } && IsFree(first.Permits))
        {
            _waiting.RemoveFirst();
            _held += first.Permits;
            first.SetResult();
        }
    }

    bool IsFree(long permits) => _held == 0 || permits <= Limit - _held;
}
