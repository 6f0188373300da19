using Batch.Primitives;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>Commits concurrently with polling: those that arrive while one is running share the next.</summary>
/// <remarks>
/// A commit that fails (a rebalance is under way, the coordinator moves, the brokers are away) is repeated for as long as the partition is
/// held. Once it is not, there is nothing left to commit and whoever waits is let go: the record is redelivered elsewhere.
/// The client blocks until the coordinator has answered, so commits have a thread of their own: two members that commit at once would
/// otherwise hold all pool threads of a machine with two cores, and everything else waits half a second for the pool to grow.
/// </remarks>
internal sealed class KafkaCommits
{
    static readonly Backoff Retries = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));

    readonly KafkaAssignment _assignment;
    readonly KafkaHealth _health;
    readonly string _group;
    readonly ILogger _logger;
    readonly GroupCommitThread<TaskCompletionSource> _thread;

    public KafkaCommits(KafkaAssignment assignment, KafkaHealth health, string group, ILogger logger)
    {
        (_assignment, _health, _group, _logger) = (assignment, health, group, logger);
        _thread = new($"kafka commits {group}", int.MaxValue, Commit);
    }

    /// <summary>How the client commits; null between two clients.</summary>
    public Action<IEnumerable<TopicPartitionOffset>>? Client { get; set; }

    public Task CommitAsync(LogPosition position)
    {
        if (!_assignment.MarkDone(position))
            return Task.CompletedTask;
        var committed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _thread.TryAdd(committed) ? committed.Task : Task.CompletedTask;
    }

    void Commit(IReadOnlyList<TaskCompletionSource> waiting)
    {
        for (var failures = 1; !TryCommit() && !_thread.StopsWithin(Retries.After(failures)); failures++)
        {
        }
        foreach (var committed in waiting)
            committed.SetResult();
    }

    /// <summary>Commits what is done; false if it has to be retried.</summary>
    bool TryCommit()
    {
        var positions = _assignment.Pending();
        if (positions.Count == 0)
            return true;
        return Client is { } client && TryCommit(client, positions);
    }

    public bool TryCommit(Action<IEnumerable<TopicPartitionOffset>> client, List<LogPosition> positions)
    {
        if (positions.Count == 0)
            return true;
        try
        {
            client(positions.Select(position => new TopicPartitionOffset(position.Topic, position.Partition, position.Offset)));
            _assignment.MarkCommitted(positions);
            _health.OnAnswer();
            return true;
        }
        catch (Exception e)
        {
            // Whatever the fault: it is repeated, and the thread goes on.
            _logger.CommitFailed(_group, e.Message);
            return false;
        }
    }

    /// <summary>No commit is made after this but those of the caller; one under way is waited for.</summary>
    public Task StopAsync() => _thread.StopAsync();
}
