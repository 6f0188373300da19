using Batch.Core.Log;

namespace Batch.Tests.Worker;

/// <summary>For records that come from the test itself: there is nothing to read, to commit or to pause.</summary>
sealed class NobodysConsumer : ILogConsumer
{
    public event Action<IReadOnlyList<LogPartition>>? Revoked
    {
        add { }
        remove { }
    }

    public ValueTask<LogRecord> ReadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task CommitAsync(LogPosition position, CancellationToken cancellationToken) => Task.CompletedTask;
    public void Pause(LogPartition partition) { }
    public void Resume(LogPartition partition) { }
    public ValueTask DisposeAsync() => default;
}
