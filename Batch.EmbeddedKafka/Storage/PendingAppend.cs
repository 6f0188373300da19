namespace Batch.EmbeddedKafka.Storage;

/// <summary>Record batches being written to disk. They go to the kernel straight from the caller's memory.</summary>
internal sealed class PendingAppend(Partition partition, Memory<byte> batches)
{
    readonly TaskCompletionSource<AppendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    CancellationTokenRegistration _cancellation;
    int _taken;

    public Partition Partition => partition;
    public Memory<byte> Batches => batches;
    public Task<AppendResult> Done => _done.Task;

    /// <summary>Offset of the first record, once admitted.</summary>
    public long BaseOffset { get; set; }

    /// <summary>It stands in the log already, below the partition's end or in the same round.</summary>
    public bool IsDuplicate { get; set; }

    public void CancelBy(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
            _cancellation = cancellationToken.UnsafeRegister(static (state, token) =>
            {
                var append = (PendingAppend)state!;
                if (append.TryTake())
                    append._done.TrySetCanceled(token);
            }, this);
    }

    /// <summary>Whoever takes it decides what becomes of it: the writer, or a cancellation that was sooner.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _taken, 1) == 0;

    public void Succeed()
    {
        _cancellation.Unregister();
        _done.TrySetResult(new AppendResult(BaseOffset, partition.Start, -1));
    }

    public void Fail(Exception e)
    {
        _cancellation.Unregister();
        _done.TrySetException(e);
    }
}
