using Batch.Core.Log;

namespace Batch.Worker.Chunks;

/// <summary>The place that a chunk in hand takes up among a member's few. Given back while the chunk waits for a fault to pass.</summary>
internal sealed class Place(SemaphoreSlim places, ILogConsumer consumer, LogPartition partition) : IDisposable
{
    bool _held = true;

    /// <summary>Waits with the partition paused and the place free for another chunk.</summary>
    public async Task WaitAsideAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        consumer.Pause(partition);
        Release();
        try
        {
            await Task.Delay(pause, cancellationToken);
            await places.WaitAsync(cancellationToken);
            _held = true;
        }
        finally
        {
            consumer.Resume(partition);
        }
    }

    void Release()
    {
        if (_held)
            places.Release();
        _held = false;
    }

    public void Dispose() => Release();
}
