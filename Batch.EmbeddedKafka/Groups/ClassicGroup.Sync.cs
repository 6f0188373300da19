namespace Batch.EmbeddedKafka.Groups;

internal sealed partial class ClassicGroup
{
    /// <summary>Answered when the leader's assignment is there and on disk.</summary>
    public Task<SyncResult> SyncAsync(SyncRequest request)
    {
        lock (_gate)
        {
            if (CheckSync(request) is { } error)
                return Task.FromResult(SyncResult.Failed(error));
            var member = _members[request.MemberId];
            _pendingSync.Remove(member.Id);
            if (_state == GroupState.Stable)
            {
                Touch(member);
                return Task.FromResult(new SyncResult(KafkaError.None, _protocolType, _protocol, member.Assignment));
            }
            member.AnswerSync(SyncResult.Failed(KafkaError.RebalanceInProgress));
            var waiting = new TaskCompletionSource<SyncResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            member.Syncing = waiting;
            if (_leader == member.Id)
                Assign(request.Assignments);
            return waiting.Task;
        }
    }

    KafkaError? CheckSync(SyncRequest request) => _state switch
    {
        GroupState.Dead => KafkaError.CoordinatorNotAvailable,
        _ when CheckMember(request.MemberId, request.InstanceId) is { } error => error,
        _ when request.Generation != _generation => KafkaError.IllegalGeneration,
        _ when request.ProtocolType is { } type && type != _protocolType => KafkaError.InconsistentGroupProtocol,
        _ when request.Protocol is { } protocol && protocol != _protocol => KafkaError.InconsistentGroupProtocol,
        GroupState.Empty => KafkaError.UnknownMemberId,
        GroupState.PreparingRebalance => KafkaError.RebalanceInProgress,
        _ => null,
    };

    void Assign(IReadOnlyDictionary<string, byte[]> assignments)
    {
        // The leader may send it twice, its first request's answer lost: the first one counts.
        if (_assigningGeneration == _generation)
            return;
        if (assignments.Sum(assignment => (long)assignment.Value.Length) > _options.MaxGroupBytes)
        {
            _logger.AssignmentTooLarge(Id, _generation, _options.MaxGroupBytes);
            AnswerSyncs(KafkaError.UnknownServerError, _ => []);
            PrepareRebalance("the assignment is too large");
            return;
        }
        _assigningGeneration = _generation;
        var generation = _generation;
        byte[] Of(GroupMember member) => assignments.GetValueOrDefault(member.Id, []);
        Save(Membership(Of), () =>
        {
            // Meanwhile somebody may have joined.
            if (_state != GroupState.CompletingRebalance || _generation != generation)
                return;
            AnswerSyncs(KafkaError.None, Of);
            MoveTo(GroupState.Stable);
        });
    }

    void AnswerSyncs(KafkaError error, Func<GroupMember, byte[]> assignment)
    {
        foreach (var member in _members.Values)
        {
            member.Assignment = assignment(member);
            var result = error == KafkaError.None
                ? new SyncResult(error, _protocolType, _protocol, member.Assignment)
                : SyncResult.Failed(error);
            // Its session stood still while it waited, and goes on before it hears.
            if (member.Syncing is not null)
                Touch(member);
            member.AnswerSync(result);
        }
    }

    public KafkaError Heartbeat(int generation, string memberId, string? instanceId)
    {
        lock (_gate)
        {
            if (_state == GroupState.Dead)
                return KafkaError.CoordinatorNotAvailable;
            if (CheckMember(memberId, instanceId) is { } error)
                return error;
            if (generation != _generation)
                return KafkaError.IllegalGeneration;
            Touch(_members[memberId]);
            return _state == GroupState.PreparingRebalance ? KafkaError.RebalanceInProgress : KafkaError.None;
        }
    }

    /// <returns>One error a member; null: the group is gone.</returns>
    public KafkaError[]? Leave(IReadOnlyList<LeavingMember> leaving)
    {
        lock (_gate)
            return _state == GroupState.Dead ? null : [.. leaving.Select(Leave)];
    }

    KafkaError Leave(LeavingMember leaving)
    {
        var id = leaving.MemberId;
        if (id.Length == 0)
        {
            if (leaving.InstanceId is null || !_staticMembers.TryGetValue(leaving.InstanceId, out id))
                return KafkaError.UnknownMemberId;
        }
        else if (_pendingMembers.ContainsKey(id))
        {
            ForgetPending(id);
            return KafkaError.None;
        }
        else if (CheckMember(id, leaving.InstanceId) is { } error)
        {
            return error;
        }
        RemoveAndUpdate(_members[id], leaving.Reason ?? $"{id} leaves");
        return KafkaError.None;
    }
}
