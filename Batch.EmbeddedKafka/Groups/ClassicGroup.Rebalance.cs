namespace Batch.EmbeddedKafka.Groups;

internal sealed partial class ClassicGroup
{
    long _joinDeadline = Never;
    long _syncDeadline = Never;
    // Milliseconds by which an empty group's first rebalance may still be put off; -1: it is not that one.
    int _initialDelayLeft = -1;
    bool _newMemberAdded;
    int _assigningGeneration = -1;

    int LongestRebalanceTimeout => _members.Count == 0 ? 0 : _members.Values.Max(member => member.RebalanceTimeoutMs);

    void PrepareRebalance(string reason)
    {
        if (_state == GroupState.CompletingRebalance)
            AnswerSyncs(KafkaError.RebalanceInProgress, _ => []);
        _pendingSync.Clear();
        _syncDeadline = Never;
        var delay = _state == GroupState.Empty ? _options.InitialRebalanceDelayMs : 0;
        _initialDelayLeft = delay > 0 ? Math.Max(LongestRebalanceTimeout - delay, 0) : -1;
        MoveTo(GroupState.PreparingRebalance);
        SetJoinDeadline(delay > 0 ? delay : LongestRebalanceTimeout);
        _logger.RebalanceStarted(Id, _generation, reason);
        TryCompleteJoin();
    }

    void SetJoinDeadline(int delayMs)
    {
        _joinDeadline = Now + delayMs;
        Arm(_joinDeadline);
    }

    void TryCompleteJoin()
    {
        if (_state == GroupState.PreparingRebalance && _initialDelayLeft < 0 && _pendingMembers.Count == 0
            && _members.Values.All(member => member.Joining is not null))
            CompleteJoin();
    }

    void EndJoinDelay()
    {
        if (_newMemberAdded && _initialDelayLeft > 0)
        {
            _newMemberAdded = false;
            var delay = Math.Min(_options.InitialRebalanceDelayMs, _initialDelayLeft);
            _initialDelayLeft -= delay;
            SetJoinDeadline(delay);
        }
        else
        {
            CompleteJoin();
        }
    }

    /// <summary>The next generation: those who joined, and static members who may still come back.</summary>
    void CompleteJoin()
    {
        _joinDeadline = Never;
        _initialDelayLeft = -1;
        _newMemberAdded = false;
        foreach (var absent in _members.Values.Where(member => member.Joining is null && !member.IsStatic).ToArray())
            Remove(absent);
        if (_members.Count > 0 && !LeaderHasJoined())
        {
            // Only static members are left, and none of them came: their sessions decide.
            SetJoinDeadline(Math.Max(LongestRebalanceTimeout, _options.MinSessionTimeoutMs));
            return;
        }
        _generation++;
        _pendingSync.Clear();
        if (_members.Count == 0)
        {
            _protocol = null;
            MoveTo(GroupState.Empty);
            _subscribedTopics = SubscribedTopics();
            Save(Membership(_ => []), null);
            return;
        }
        _protocol = SelectProtocol();
        MoveTo(GroupState.CompletingRebalance);
        _subscribedTopics = SubscribedTopics();
        foreach (var member in _members.Values)
        {
            member.AnswerJoin(CurrentGeneration(member));
            member.IsNew = false;
            Touch(member);
            _pendingSync.Add(member.Id);
        }
        _syncDeadline = Now + LongestRebalanceTimeout;
        Arm(_syncDeadline);
    }

    bool LeaderHasJoined()
    {
        if (_members[_leader!].Joining is not null)
            return true;
        var joined = _members.Values.FirstOrDefault(member => member.Joining is not null);
        _leader = joined?.Id ?? _leader;
        return joined is not null;
    }

    /// <summary>Each member votes for the first of its protocols that all support; most votes win.</summary>
    string SelectProtocol() =>
        _members.Values.Select(member => member.VoteFor(IsCandidate)).CountBy(protocol => protocol).MaxBy(votes => votes.Value).Key;

    /// <summary>Members that have their generation and do not fetch their assignment hold up nobody longer than a rebalance may take.</summary>
    void ExpireSync()
    {
        _syncDeadline = Never;
        if (_pendingSync.Count == 0 || _state is not (GroupState.CompletingRebalance or GroupState.Stable))
            return;
        foreach (var id in _pendingSync.ToArray())
            Remove(_members[id]);
        PrepareRebalance("members did not fetch their assignment");
    }

    void RemoveAndUpdate(GroupMember member, string reason)
    {
        member.AnswerJoin(new JoinResult(KafkaError.UnknownMemberId, ""));
        member.AnswerSync(SyncResult.Failed(KafkaError.UnknownMemberId));
        Remove(member);
        if (_state is GroupState.Stable or GroupState.CompletingRebalance)
            PrepareRebalance(reason);
        else
            TryCompleteJoin();
    }

    void ForgetPending(string id)
    {
        _pendingMembers.Remove(id);
        TryCompleteJoin();
    }

    HashSet<string>? SubscribedTopics()
    {
        if (_protocolType != ConsumerProtocolType)
            return null;
        var all = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in _members.Values)
        {
            if (_protocol is null || ConsumerSubscription.TopicsOf(member.MetadataOf(_protocol)) is not { } topics)
                return null;
            all.UnionWith(topics);
        }
        return all;
    }
}
