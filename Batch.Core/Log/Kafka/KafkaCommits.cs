using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>Commits beside the polling: those that come while one is on its way share the next.</summary>
/// <remarks>
/// A commit that fails (a rebalance is under way, the coordinator moves, the brokers are away) is repeated for as long as the partition is
/// held. Once it is not, there is nothing left to commit and whoever waits is let go: the record is redelivered elsewhere.
/// </remarks>
internal sealed class KafkaCommits(KafkaAssignment assignment, KafkaHealth health, string group, ILogger logger)
{
    static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    readonly Lock _gate = new();
    readonly CancellationTokenSource _stop = new();
    TaskCompletionSource? _next;
    Task _loop = Task.CompletedTask;

    /// <summary>The client to commit with; null between two of them.</summary>
    public IConsumer<Ignore, LogRecordPool.Lease>? Client { get; set; }

    public Task CommitAsync(LogPosition position)
    {
        if (!assignment.MarkDone(position))
            return Task.CompletedTask;
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
                return Task.CompletedTask;
            _next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var committed = _next.Task;
            if (_loop.IsCompleted)
                _loop = Task.Run(CommitAllAsync);
            return committed;
        }
    }

    async Task CommitAllAsync()
    {
        while (true)
        {
            TaskCompletionSource committed;
            lock (_gate)
            {
                if (_next is null)
                {
                    _loop = Task.CompletedTask;
                    return;
                }
                (committed, _next) = (_next, null);
            }
            for (var wait = FirstRetry; !TryCommit() && !_stop.IsCancellationRequested; wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
                await Task.Delay(wait, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            committed.SetResult();
        }
    }

    /// <summary>Commits what is done; false where it has to be tried again.</summary>
    bool TryCommit()
    {
        var positions = assignment.Pending();
        if (positions.Count == 0)
            return true;
        return Client is { } client && TryCommit(client, positions);
    }

    public bool TryCommit(IConsumer<Ignore, LogRecordPool.Lease> client, List<LogPosition> positions)
    {
        if (positions.Count == 0)
            return true;
        try
        {
            client.Commit(positions.Select(position => new TopicPartitionOffset(position.Topic, position.Partition, position.Offset)));
            assignment.MarkCommitted(positions);
            health.OnAnswer();
            return true;
        }
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
            logger.CommitFailed(group, e.Message);
            return false;
        }
    }

    /// <summary>No commit is made after this but those of the caller; one under way is waited for.</summary>
    public Task StopAsync()
    {
        _stop.Cancel();
        lock (_gate)
            return _loop;
    }
}
