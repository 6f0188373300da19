using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Local;

/// <summary>A consumer group: its members, who holds which partition, and how far it has committed.</summary>
/// <remarks>
/// A partition changes hands at once. Records of it that its former holder still has in hand are delivered again to the new one,
/// and the former holder's commits are ignored from then on: at least once, never a skip. An ownership carries a number, so
/// that a member who lost a partition and got it back starts again from what was committed.
/// </remarks>
internal sealed class LocalGroup : IDisposable
{
    readonly Lock _gate = new();
    // Held around snapshot and save, so that an older snapshot is never saved over a newer one. Taken before _gate.
    readonly Lock _fileGate = new();
    readonly Func<string, LocalPartition[]> _partitionsOf;
    readonly Action<LocalPartition> _committedFurther;
    readonly GroupPositions _file;
    readonly Dictionary<LogPartition, long> _committed;
    readonly List<LocalConsumer> _members = [];
    readonly Dictionary<string, LocalConsumer?[]> _owners = [];
    readonly Dictionary<LogPartition, int> _tenures = [];
    TaskCompletionSource? _nextSave;
    bool _saving;

    public LocalGroup(
        string name, string directory, LogDisk disk, Func<string, LocalPartition[]> partitionsOf,
        Action<LocalPartition> committedFurther, ILogger logger)
    {
        Name = name;
        (_partitionsOf, _committedFurther) = (partitionsOf, committedFurther);
        _file = new GroupPositions(directory, name, disk, logger);
        _committed = _file.Load();
    }

    public string Name { get; }

    /// <summary>Offset up to which the group is done with the partition; null where it never joined the topic.</summary>
    public long? Committed(LogPartition partition)
    {
        lock (_gate)
            return _committed.TryGetValue(partition, out var offset) ? offset : null;
    }

    public IReadOnlyList<LogPartition> Partitions()
    {
        lock (_gate)
            return [.. _committed.Keys];
    }

    /// <summary>The group is on disk before its first member reads: from now on nothing it has not committed is given back.</summary>
    public void Join(LocalConsumer member)
    {
        lock (_gate)
        {
            _members.Add(member);
            Rebalance();
        }
        Save();
    }

    public void Leave(LocalConsumer member)
    {
        lock (_gate)
        {
            if (_members.Remove(member))
                Rebalance();
        }
    }

    /// <summary>A topic got more partitions.</summary>
    public void TopicGrown()
    {
        lock (_gate)
            Rebalance();
    }

    /// <summary>What the member holds now: partition, number of the tenure, offset to read from.</summary>
    public List<(LocalPartition Partition, int Tenure, long From)> AssignmentOf(LocalConsumer member)
    {
        var assignment = new List<(LocalPartition, int, long)>();
        lock (_gate)
        {
            foreach (var topic in member.Topics)
            {
                if (!_owners.TryGetValue(topic, out var owners))
                    continue;
                var partitions = _partitionsOf(topic);
                for (var i = 0; i < owners.Length; i++)
                    if (owners[i] == member)
                        assignment.Add((partitions[i], _tenures[partitions[i].Id], _committed[partitions[i].Id]));
            }
        }
        return assignment;
    }

    public Task CommitAsync(LocalConsumer member, LogPosition position)
    {
        LocalPartition partition;
        Task saved;
        lock (_gate)
        {
            if (!_owners.TryGetValue(position.Topic, out var owners)
                || (uint)position.Partition >= (uint)owners.Length
                || owners[position.Partition] != member
                || position.Offset < _committed[position.Source])
                return Task.CompletedTask;
            partition = _partitionsOf(position.Topic)[position.Partition];
            _committed[position.Source] = Math.Min(position.Offset + 1, partition.End);
            saved = SaveSoon();
        }
        _committedFurther(partition);
        return saved;
    }

    void Rebalance()
    {
        foreach (var topic in _members.SelectMany(member => member.Topics).Concat(_owners.Keys).Distinct().ToList())
        {
            var partitions = _partitionsOf(topic);
            var owners = _owners.GetValueOrDefault(topic) ?? [];
            var shared = new LocalConsumer?[partitions.Length];
            owners.CopyTo(shared, 0);
            PartitionSharing.Share(shared, [.. _members.Where(member => member.Topics.Contains(topic))], Load);
            _owners[topic] = shared;
            for (var i = 0; i < shared.Length; i++)
            {
                _committed.TryAdd(partitions[i].Id, partitions[i].Start);
                if (i >= owners.Length || owners[i] != shared[i])
                    _tenures[partitions[i].Id] = _tenures.GetValueOrDefault(partitions[i].Id) + 1;
            }
        }
        foreach (var member in _members)
            member.AssignmentChanged();
    }

    int Load(LocalConsumer member) => _owners.Values.Sum(owners => owners.Count(owner => owner == member));

    /// <summary>Group commit: commits that come while a save runs share the next.</summary>
    Task SaveSoon()
    {
        _nextSave ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_saving)
        {
            _saving = true;
            ThreadPool.UnsafeQueueUserWorkItem(static group => group.SaveAll(), this, preferLocal: false);
        }
        return _nextSave.Task;
    }

    void SaveAll()
    {
        while (true)
        {
            TaskCompletionSource saved;
            lock (_gate)
            {
                if (_nextSave is null)
                {
                    _saving = false;
                    return;
                }
                (saved, _nextSave) = (_nextSave, null);
            }
            Save();
            saved.SetResult();
        }
    }

    void Save()
    {
        lock (_fileGate)
        {
            Dictionary<LogPartition, long> positions;
            lock (_gate)
                positions = new Dictionary<LogPartition, long>(_committed);
            _file.Save(positions);
        }
    }

    /// <summary>Ends once nothing is left to save. The members have left before.</summary>
    public async Task CloseAsync()
    {
        Task? last;
        lock (_gate)
            last = _saving ? SaveSoon() : null;
        if (last is not null)
            await last;
        Dispose();
    }

    public void Dispose() => _file.Dispose();
}
