namespace Batch.EmbeddedKafka.Groups;

internal sealed partial class ClassicGroup
{
    readonly Dictionary<GroupPartition, CommittedOffset> _offsets = [];
    readonly Dictionary<GroupPartition, int> _pendingCommits = [];

    /// <summary>Answered when the offsets are on disk; one answer for all, since they are one record of the file.</summary>
    public Task<KafkaError> CommitAsync(CommitRequest request)
    {
        lock (_gate)
        {
            if (CheckCommit(request) is { } error)
                return Task.FromResult(error);
            if (_members.TryGetValue(request.MemberId, out var member))
                Touch(member);
            if (request.Offsets.Count == 0)
                return Task.FromResult(KafkaError.None);
            foreach (var (partition, _) in request.Offsets)
                _pendingCommits[partition] = _pendingCommits.GetValueOrDefault(partition) + 1;
            var done = new TaskCompletionSource<KafkaError>(TaskCreationOptions.RunContinuationsAsynchronously);
            var record = new GroupRecord { Offsets = [.. request.Offsets.Select(offset => OffsetRecord.Of(offset.Key, offset.Value))] };
            _writer.Enqueue(new GroupWrite(_file, record, Snapshot, failure =>
            {
                EndCommit(request, failure is null);
                // Kafka's code for a commit that could not be made durable; clients look for the coordinator again and repeat it.
                done.TrySetResult(failure is null ? KafkaError.None : KafkaError.CoordinatorNotAvailable);
            })
            { Advanced = [.. request.Offsets.Select(offset => offset.Key)] });
            return done.Task;
        }
    }

    /// <summary>At the start: offsets of the log before this broker, written down at once.</summary>
    /// <exception cref="IOException">The disk: they are there as long as the broker runs, and with the next commit on disk.</exception>
    public void TakeOver(IReadOnlyList<KeyValuePair<GroupPartition, CommittedOffset>> offsets)
    {
        var before = Snapshot();
        lock (_gate)
            foreach (var (partition, offset) in offsets)
                _offsets[partition] = offset;
        _file.Write([new GroupRecord { Offsets = [.. offsets.Select(offset => OffsetRecord.Of(offset.Key, offset.Value))] }], () => before);
    }

    KafkaError? CheckCommit(CommitRequest request)
    {
        if (_state == GroupState.Dead)
            return KafkaError.CoordinatorNotAvailable;
        if (request.Generation < 0 && _state == GroupState.Empty)
            return null;
        if (request.Generation < 0 && request.MemberId.Length == 0 && request.InstanceId is null)
            return KafkaError.UnknownMemberId;
        if (CheckMember(request.MemberId, request.InstanceId) is { } error)
            return error;
        if (request.Generation != _generation)
            return KafkaError.IllegalGeneration;
        return _state == GroupState.CompletingRebalance ? KafkaError.RebalanceInProgress : null;
    }

    void EndCommit(CommitRequest request, bool durable)
    {
        lock (_gate)
        {
            foreach (var (partition, offset) in request.Offsets)
            {
                if (_pendingCommits[partition] == 1)
                    _pendingCommits.Remove(partition);
                else
                    _pendingCommits[partition]--;
                if (durable)
                    _offsets[partition] = offset;
            }
        }
    }

    /// <summary>Null: nothing is committed for it.</summary>
    public CommittedOffset? Committed(GroupPartition partition)
    {
        lock (_gate)
            return _offsets.TryGetValue(partition, out var offset) ? offset : null;
    }

    /// <param name="partitions">Null: all that something is committed for.</param>
    /// <param name="requireStable">A partition with a commit under way is answered UNSTABLE_OFFSET_COMMIT instead of what it was before.</param>
    public IReadOnlyList<(GroupPartition Partition, CommittedOffset? Offset, KafkaError Error)> Fetch(
        IEnumerable<GroupPartition>? partitions, bool requireStable)
    {
        lock (_gate)
            return [.. (partitions ?? _offsets.Keys).Select(partition =>
                requireStable && _pendingCommits.ContainsKey(partition)
                    ? (partition, default(CommittedOffset?), KafkaError.UnstableOffsetCommit)
                    : (partition, _offsets.TryGetValue(partition, out var offset) ? offset : null, KafkaError.None))];
    }

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
            inUse = [.. partitions.Select(partition => _state != GroupState.Empty && _subscribedTopics?.Contains(partition.Topic) != false)];
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
                _ = RemoveOffsets([.. _offsets.Where(expired).Select(offset => offset.Key).Where(partition => !_pendingCommits.ContainsKey(partition))]);
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

    GroupMembership Membership(Func<GroupMember, byte[]> assignment) => new(_generation, _protocolType, _protocol, _leader, _stateSince,
        [.. _members.Values.Select(member => new MemberRecord(
            member.Id, member.InstanceId, member.ClientId, member.ClientHost, member.SessionTimeoutMs, member.RebalanceTimeoutMs,
            member.Protocols, assignment(member)))]);

    /// <summary>Writes the members down, then goes on, under the lock.</summary>
    /// <remarks>
    /// It goes on where the write failed, too: what would be lost with the broker is only who was a member, and members join again.
    /// Kafka refuses the assignment then; but here consuming is what makes room on a full disk. No commit of this generation is
    /// acknowledged before its members are on disk, so a member of an earlier one cannot come back behind it.
    /// </remarks>
    void Save(GroupMembership membership, Action? then)
    {
        _savedMembership = membership;
        _writer.Enqueue(new GroupWrite(_file, new GroupRecord { Membership = membership }, Snapshot, failure =>
        {
            if (failure is not null)
                _logger.MembersNotSaved(Id, membership.Generation, failure);
            lock (_gate)
                then?.Invoke();
        }));
    }

    GroupRecord Snapshot()
    {
        lock (_gate)
            return new GroupRecord
            {
                Group = Id,
                Membership = _savedMembership,
                Offsets = [.. _offsets.Select(offset => OffsetRecord.Of(offset.Key, offset.Value))],
            };
    }
}
