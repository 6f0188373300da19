using Batch.Core.Chunks;
using Batch.Core.Log;

namespace Batch.Worker.Chunks;

/// <summary>The room that a chunk in hand takes up. Given back while the chunk waits for a fault to pass.</summary>
/// <param name="permits">Taken already.</param>
internal sealed class InFlightSlot(InFlightLimiter limiter, int permits, ILogConsumer consumer, PartitionProgress.Taken taken, TimeProvider time) : IDisposable
{
    bool _held = true;
    bool _pauses;

    /// <summary>The record's first chunk, once it is decoded.</summary>
    public ChunkHeader? Chunk { get; set; }

    public string? Model => Chunk?.ModelId;

    /// <summary>What is waited for, as a person would look for it.</summary>
    public string What => Chunk is { } chunk
        ? $"Chunk {chunk.Ordinal} of job {chunk.JobId}"
        : $"The record at {taken.Position.Topic}/{taken.Position.Partition}/{taken.Position.Offset}";

    /// <summary>Somebody else may have the record in hand too.</summary>
    public bool IsLost => taken.IsLost;

    /// <summary>Waits with the partition paused and the slot free for another chunk.</summary>
    /// <param name="readsOn">Whether the partition is read on during the next attempt, or only when this record is done.</param>
    public async Task WaitAsideAsync(TimeSpan pause, Func<bool> readsOn, CancellationToken cancellationToken)
    {
        consumer.Pause(taken.Position.Source);
        _pauses = true;
        Release();
        await Task.Delay(pause, time, cancellationToken);
        await limiter.AcquireAsync(permits, cancellationToken);
        _held = true;
        if (readsOn())
            Resume();
    }

    void Resume()
    {
        if (_pauses)
            consumer.Resume(taken.Position.Source);
        _pauses = false;
    }

    void Release()
    {
        if (_held)
            limiter.Release(permits);
        _held = false;
    }

    public void Dispose()
    {
        Resume();
        Release();
    }
}
