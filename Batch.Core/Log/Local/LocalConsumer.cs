using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Local;

/// <summary>One member of a group. Reads on demand from the page cache: nothing is fetched ahead, nothing is held.</summary>
internal sealed class LocalConsumer : ILogConsumer
{
    static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    readonly LocalGroup _group;
    readonly LogRecordPool _pool;
    readonly ILogger _logger;
    readonly Action<LocalConsumer> _left;
    // Holds one token: a wake-up that comes while nobody waits is not lost, and many are one.
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly Lock _gate = new();
    readonly HashSet<LogPartition> _paused = [];
    readonly Dictionary<LogPartition, (int Tenure, PartitionCursor Cursor)> _cursors = [];
    readonly List<List<LogPartition>> _byTopic;
    readonly int[] _turns;
    int _assignmentChanged;
    bool _disposed;

    public LocalConsumer(LocalGroup group, IReadOnlyList<string> topics, LogRecordPool pool, ILogger logger, Action<LocalConsumer> left)
    {
        (_group, _pool, _logger, _left) = (group, pool, logger, left);
        Topics = [.. topics.Distinct()];
        _byTopic = [.. Topics.Select(_ => new List<LogPartition>())];
        _turns = new int[Topics.Count];
        group.Join(this);
    }

    public IReadOnlyList<string> Topics { get; }

    public event Action<IReadOnlyList<LogPartition>>? Revoked;

    public async ValueTask<LogRecord> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), typeof(ILogConsumer));
            if (Interlocked.Exchange(ref _assignmentChanged, 0) != 0)
                TakeAssignment();
            if (TryRead(out var faulty) is { } record)
                return record;
            if (faulty)
                await Task.Delay(RetryAfter, cancellationToken);
            else if (await _wake.Reader.WaitToReadAsync(cancellationToken))
                _wake.Reader.TryRead(out _);
        }
    }

    LogRecord? TryRead(out bool faulty)
    {
        faulty = false;
        for (var topic = 0; topic < _byTopic.Count; topic++)
        {
            var partitions = _byTopic[topic];
            for (var i = 0; i < partitions.Count; i++)
            {
                // In turns, so that a busy partition does not starve its neighbours.
                var turn = (_turns[topic] + i) % partitions.Count;
                var partition = partitions[turn];
                if (IsPaused(partition))
                    continue;
                try
                {
                    if (_cursors[partition].Cursor.Read() is not { } record)
                        continue;
                    _turns[topic] = turn + 1;
                    return record;
                }
                catch (IOException e)
                {
                    _logger.ReadFailed(partition.Topic, partition.Partition, e);
                    faulty = true;
                }
            }
        }
        return null;
    }

    void TakeAssignment()
    {
        var assignment = _group.AssignmentOf(this);
        var revoked = new List<LogPartition>();
        foreach (var (partition, (tenure, _)) in _cursors)
            if (!assignment.Exists(held => held.Partition.Id == partition && held.Tenure == tenure))
                revoked.Add(partition);
        foreach (var partition in revoked)
        {
            _cursors.Remove(partition);
            lock (_gate)
                _paused.Remove(partition);
        }
        foreach (var (partition, tenure, from) in assignment)
            if (!_cursors.ContainsKey(partition.Id))
                _cursors[partition.Id] = (tenure, new PartitionCursor(partition, from, _pool, _logger));
        for (var topic = 0; topic < _byTopic.Count; topic++)
        {
            _byTopic[topic].Clear();
            _byTopic[topic].AddRange(_cursors.Keys.Where(partition => partition.Topic == Topics[topic]).OrderBy(partition => partition.Partition));
        }
        if (revoked.Count > 0)
            Revoked?.Invoke(revoked);
    }

    bool IsPaused(LogPartition partition)
    {
        lock (_gate)
            return _paused.Contains(partition);
    }

    public Task CommitAsync(LogPosition position, CancellationToken cancellationToken) =>
        _group.CommitAsync(this, position).WaitAsync(cancellationToken);

    public void Pause(LogPartition partition)
    {
        lock (_gate)
            _paused.Add(partition);
    }

    public void Resume(LogPartition partition)
    {
        lock (_gate)
            _paused.Remove(partition);
        Wake();
    }

    public void AssignmentChanged()
    {
        Interlocked.Exchange(ref _assignmentChanged, 1);
        Wake();
    }

    public void Wake() => _wake.Writer.TryWrite(true);

    public ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _disposed, true))
        {
            _group.Leave(this);
            _left(this);
            _wake.Writer.TryComplete();
        }
        return ValueTask.CompletedTask;
    }
}
