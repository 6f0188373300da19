namespace Batch.EmbeddedKafka.Groups;

internal sealed partial class ClassicGroup
{
    /// <summary>OffsetDelete: of partitions that no member reads.</summary>
    /// <returns>The group's error, or one a partition once they are forgotten on disk.</returns>
    public async Task<(KafkaError Error, KafkaError[] Partitions)> DeleteOffsetsAsync(IReadOnlyList<GroupPartition> partitions)
    {
        Task<bool> removed;
        bool[] inUse;
        lock (_gate)
        {
            if (_state == GroupState.Dead)
                return (KafkaError.GroupIdNotFound, []);
            if (_state != GroupState.Empty && _protocolType != ConsumerProtocolType)
                return (KafkaError.NonEmptyGroup, []);
            // Kafka's rule: as long as it is not known what the members read, it may be any topic.
            inUse = [.. partitions.Select(partition =>
                _state != GroupState.Empty && _subscribedTopics?.Contains(partition.Topic) != false)];
            removed = RemoveOffsets([.. partitions.Where((_, at) => !inUse[at])]);
        }
        var rest = await removed ? KafkaError.None : KafkaError.CoordinatorNotAvailable;
        return (KafkaError.None, [.. inUse.Select(used => used ? KafkaError.GroupSubscribedToTopic : rest)]);
    }

    /// <summary>Forgets the offsets of a topic that is no more.</summary>
    public Task RemoveTopicAsync(string topic)
    {
        lock (_gate)
            return _state == GroupState.Dead
                ? Task.CompletedTask
                : RemoveOffsets([.. _offsets.Keys.Concat(_pendingCommits.Keys).Where(partition => partition.Topic == topic).Distinct()]);
    }

    /// <summary>Forgets the offsets of partitions that are no more.</summary>
    public void RemoveUnless(Func<GroupPartition, bool> exists)
    {
        GroupPartition[] all;
        lock (_gate)
            all = [.. _offsets.Keys];
        var gone = all.Where(partition => !exists(partition)).ToArray();
        lock (_gate)
            _ = RemoveOffsets(gone);
    }

    Task<bool> RemoveOffsets(GroupPartition[] partitions)
    {
        if (partitions.Length == 0)
            return Task.FromResult(true);
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _writer.Enqueue(new GroupWrite(_file, new GroupRecord { Removed = partitions }, Snapshot, failure =>
        {
            // In memory they are gone either way; where the write failed, the next one brings the file up to date.
            lock (_gate)
                foreach (var partition in partitions)
                    _offsets.Remove(partition);
            done.TrySetResult(failure is null);
        })
        { Advanced = partitions });
        return done.Task;
    }

    /// <summary>Forgets offsets that nobody came back for (KIP-211).</summary>
    /// <returns>True: nothing is left of the group; it is dead, and its file is to be deleted.</returns>
    public bool RemoveExpired()
    {
        lock (_gate)
        {
            if (_state == GroupState.Dead)
                return false;
            var before = UtcNow - 60_000L * _options.OffsetsRetentionMinutes;
            Func<KeyValuePair<GroupPartition, CommittedOffset>, bool>? expired = (_protocolType, _state) switch
            {
                // A simple consumer's: by its last commit.
                (null, _) => offset => offset.Value.At <= before,
                // Since the last member left.
                (_, GroupState.Empty) => _ => _stateSince <= before,
                // Topics that the group no longer reads.
                (ConsumerProtocolType, GroupState.Stable) when _subscribedTopics is { } subscribed =>
                    offset => offset.Value.At <= before && !subscribed.Contains(offset.Key.Topic),
                _ => null,
            };
            if (expired is not null)
                _ = RemoveOffsets([.. _offsets.Where(offset => expired(offset) && !_pendingCommits.ContainsKey(offset.Key)).Select(offset => offset.Key)]);
            return TryDie();
        }
    }

    bool TryDie()
    {
        var unused = _state == GroupState.Empty && _offsets.Count == 0 && _pendingCommits.Count == 0 && _pendingMembers.Count == 0;
        if (unused)
            Die();
        return unused;
    }

    /// <summary>DeleteGroups: the group is dead from now on.</summary>
    public KafkaError Kill()
    {
        lock (_gate)
        {
            if (_state == GroupState.Dead)
                return KafkaError.GroupIdNotFound;
            if (_state != GroupState.Empty)
                return KafkaError.NonEmptyGroup;
            Die();
            return KafkaError.None;
        }
    }

    /// <summary>Deletes the file of a group that is dead, behind all that was handed in before.</summary>
    public Task<bool> DeleteFileAsync()
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        GroupPartition[] partitions;
        lock (_gate)
            partitions = [.. _offsets.Keys];
        _writer.Enqueue(new GroupWrite(_file, null, Snapshot, failure =>
        {
            lock (_gate)
                _offsets.Clear();
            done.TrySetResult(failure is null);
        })
        { Advanced = partitions });
        return done.Task;
    }
}
