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
}
