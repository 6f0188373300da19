namespace Batch.EmbeddedKafka.Groups;

internal sealed partial class ClassicGroup
{
    // A new member that waits is expected to ask again at least this often (Kafka's NewMemberJoinTimeoutMs).
    const int NewMemberJoinTimeoutMs = 300_000;

    /// <summary>Answered when the generation that the member joins has all its members.</summary>
    public Task<JoinResult> JoinAsync(JoinRequest request)
    {
        lock (_gate)
        {
            if (_state == GroupState.Dead)
                return Refused(request, KafkaError.CoordinatorNotAvailable);
            if (!Accepts(request, out var error))
                return Refused(request, error);
            if (!SupportsProtocols(request))
                return Refused(request, KafkaError.InconsistentGroupProtocol);
            var result = request.MemberId.Length == 0 ? JoinAsNew(request) : JoinAgain(request);
            TryCompleteJoin();
            return result;
        }
    }

    static Task<JoinResult> Refused(JoinRequest request, KafkaError error) => Task.FromResult(new JoinResult(error, request.MemberId));

    bool Accepts(JoinRequest request, out KafkaError error)
    {
        // A static member that is back takes its former self's place.
        var id = request.MemberId.Length == 0 && request.InstanceId is { } instance
            ? _staticMembers.GetValueOrDefault(instance)
            : request.MemberId;
        var known = _members.GetValueOrDefault(id ?? "");
        var bytes = GroupMember.SizeOf(request.Protocols) + 2L * ((request.InstanceId?.Length ?? 0) + request.ClientId.Length);
        error = bytes > _options.MaxMemberBytes ? KafkaError.MessageTooLarge : KafkaError.GroupMaxSizeReached;
        if (bytes > _options.MaxMemberBytes || BytesWithout(known) + bytes > _options.MaxGroupBytes)
            return false;
        var accepted = _state switch
        {
            GroupState.Empty => true,
            // By those who wait: in a group that is over its size, the last to come are the ones that are left out.
            GroupState.PreparingRebalance => known is { Joining: not null }
                || _members.Values.Count(member => member.Joining is not null) < _options.MaxMembers,
            _ => known is not null || _members.Count < _options.MaxMembers,
        };
        if (known is null && request.MemberId.Length == 0)
            accepted &= _members.Count + _pendingMembers.Count < _options.MaxMembers;
        if (!accepted && known is not null)
            RemoveAndUpdate(known, "the group is full");
        return accepted;
    }

    long BytesWithout(GroupMember? member) => _members.Values.Sum(other => ReferenceEquals(other, member) ? 0L : other.Bytes);

    bool SupportsProtocols(JoinRequest request) => _state == GroupState.Empty
        ? request.ProtocolType.Length > 0 && request.Protocols.Count > 0
        : _protocolType == request.ProtocolType && request.Protocols.Any(protocol => IsCandidate(protocol.Name));

    bool IsCandidate(string protocol) => _members.Values.All(member => member.Supports(protocol));

    Task<JoinResult> JoinAsNew(JoinRequest request)
    {
        var id = $"{request.InstanceId ?? request.ClientId}-{Guid.NewGuid()}";
        if (request.InstanceId is { } instance && _staticMembers.TryGetValue(instance, out var former))
            return ReplaceStatic(_members[former], id, request);
        if (request.InstanceId is null && request.RequireKnownMemberId)
        {
            var deadline = Now + request.SessionTimeoutMs;
            _pendingMembers[id] = deadline;
            Arm(deadline);
            return Task.FromResult(new JoinResult(KafkaError.MemberIdRequired, id));
        }
        return AddAndRebalance(id, request);
    }

    Task<JoinResult> JoinAgain(JoinRequest request)
    {
        if (_pendingMembers.ContainsKey(request.MemberId))
            return request.InstanceId is null ? AddAndRebalance(request.MemberId, request) : Refused(request, KafkaError.UnknownMemberId);
        if (CheckMember(request.MemberId, request.InstanceId) is { } error)
            return Refused(request, error);
        var member = _members[request.MemberId];
        // The same metadata again: in CompletingRebalance the answer was not received; in Stable only the leader means something by it.
        var unchanged = member.Matches(request.Protocols)
            && (_state == GroupState.CompletingRebalance || _state == GroupState.Stable && _leader != member.Id);
        if (unchanged)
            return Task.FromResult(CurrentGeneration(member));
        var waiting = Wait(member, request);
        if (_state != GroupState.PreparingRebalance)
            PrepareRebalance(request.Reason ?? $"{member.Id} joins again");
        return waiting;
    }

    Task<JoinResult> AddAndRebalance(string id, JoinRequest request)
    {
        if (_members.Count == 0)
            _protocolType = request.ProtocolType;
        if (_state == GroupState.PreparingRebalance && _generation == 0)
            _newMemberAdded = true;
        var member = new GroupMember(id, request.InstanceId, request.ClientId, request.ClientHost) { IsNew = true };
        var waiting = Wait(member, request);
        Add(member);
        SetDeadline(member, NewMemberJoinTimeoutMs);
        if (_state != GroupState.PreparingRebalance)
            PrepareRebalance(request.Reason ?? $"{id} joins");
        return waiting;
    }

    static Task<JoinResult> Wait(GroupMember member, JoinRequest request)
    {
        member.Protocols = request.Protocols;
        member.SessionTimeoutMs = request.SessionTimeoutMs;
        member.RebalanceTimeoutMs = request.RebalanceTimeoutMs;
        // The client gave up on its former request, or its connection is gone: nobody may wait for that one without end.
        member.AnswerJoin(new JoinResult(KafkaError.RebalanceInProgress, member.Id));
        var waiting = new TaskCompletionSource<JoinResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        member.Joining = waiting;
        return waiting.Task;
    }

    /// <summary>A static member is back under a new id (KIP-345): it has the place of the former one, which is fenced from now on.</summary>
    Task<JoinResult> ReplaceStatic(GroupMember member, string id, JoinRequest request)
    {
        var formerLeader = _leader;
        member.AnswerJoin(new JoinResult(KafkaError.FencedInstanceId, member.Id));
        member.AnswerSync(SyncResult.Failed(KafkaError.FencedInstanceId));
        _members.Remove(member.Id);
        if (_pendingSync.Remove(member.Id))
            _pendingSync.Add(id);
        if (_leader == member.Id)
            _leader = id;
        member.Id = id;
        _members.Add(id, member);
        _staticMembers[request.InstanceId!] = id;
        var waiting = Wait(member, request);
        SetDeadline(member, member.IsNew ? NewMemberJoinTimeoutMs : member.SessionTimeoutMs);
        switch (_state)
        {
            case GroupState.Stable when SelectProtocol() == _protocol:
                var generation = _generation;
                // The fence is on disk before the new one goes on: after a crash the former one must not be let in again.
                Save(Membership(other => other.Assignment), () =>
                {
                    if (_state != GroupState.Stable || _generation != generation || member.Id != id)
                        return;
                    // Before version 9 the leader is named by its former id, so that it does not work out an assignment nobody will get.
                    var skip = request.CanSkipAssignment && _leader == id;
                    member.AnswerJoin(CurrentGeneration(member) with
                    {
                        Leader = (request.CanSkipAssignment ? _leader : formerLeader) ?? "",
                        Members = skip ? JoinedMembers() : [],
                        SkipAssignment = skip,
                    });
                    Touch(member);
                });
                break;
            case GroupState.Stable or GroupState.CompletingRebalance:
                // Its former id may be in the leader's hands already: an assignment for that would reach nobody.
                PrepareRebalance(request.Reason ?? $"the static member {request.InstanceId} is back");
                break;
        }
        return waiting;
    }

    JoinResult CurrentGeneration(GroupMember member) => new(KafkaError.None, member.Id)
    {
        Generation = _generation,
        ProtocolType = _protocolType,
        Protocol = _protocol,
        Leader = _leader ?? "",
        // In Stable the leader joins again only to make a rebalance, so it never gets here with members to assign.
        Members = _state == GroupState.CompletingRebalance && _leader == member.Id ? JoinedMembers() : [],
    };

    JoinedMember[] JoinedMembers() =>
        [.. _members.Values.Select(member => new JoinedMember(member.Id, member.InstanceId, member.MetadataOf(_protocol!)))];
}
