using Batch.Core.Chunks;

namespace Batch.Worker.Chunks;

/// <summary>Room for the chunks in hand of one member: a few large ones, or many small ones.</summary>
/// <remarks>
/// What a large chunk costs is memory and a core; a small one costs a wait for ClickHouse, several times over, and while it waits others can:
/// their gates, receipts and job events then share queries. Granted in the order of asking, so that a large chunk is not overtaken for ever.
/// </remarks>
internal sealed class InFlightLimiter(int largeChunks)
{
    /// <summary>Small chunks that take as much room as a large one.</summary>
    public const int UnitsOfLarge = 8;

    readonly Lock _lock = new();
    readonly Queue<(int Units, TaskCompletionSource Granted)> _waiting = new();
    int _free = largeChunks * UnitsOfLarge;

    public static int UnitsOf(int bytes) => bytes <= SmallChunk.Bytes ? 1 : UnitsOfLarge;

    /// <summary>Waits for so many units.</summary>
    public async Task TakeAsync(int units, CancellationToken cancellationToken)
    {
        var granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
            _waiting.Enqueue((units, granted));
        Grant();
        if (granted.Task.IsCompleted)
            return;
        // Either is granted or is cancelled, never both: units that nobody waits for any more would be lost.
        await using var _ = cancellationToken.Register(() =>
        {
            if (granted.TrySetCanceled(cancellationToken))
                Grant();
        });
        await granted.Task;
    }

    public void Give(int units)
    {
        lock (_lock)
            _free += units;
        Grant();
    }

    void Grant()
    {
        lock (_lock)
        {
            while (_waiting.TryPeek(out var first) && (first.Granted.Task.IsCanceled || first.Units <= _free))
            {
                _waiting.Dequeue();
                if (first.Granted.TrySetResult())
                    _free -= first.Units;
            }
        }
    }
}
