using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>One consumer group of Kafka's classic protocol: its members, whose turn it is to do what, and its committed offsets.</summary>
/// <remarks>
/// The rules are those of Kafka's own coordinator (GroupCoordinator, GroupMetadata; KIP-62, 134, 345, 394, 559, 814). Where they lie:
/// this file, members and time; <c>.Join</c>, who may join; <c>.Rebalance</c>, from one generation to the next; <c>.Sync</c>,
/// assignments, heartbeats, leaving; <c>.Offsets</c>, commits; <c>.Removal</c>, what is forgotten; <c>.Storage</c>, to the file and back.
/// <para>
/// One lock. While it is held, records for the group's file are handed to the writer in the order in which they count, and waiting
/// requests are answered (their continuations run elsewhere); nothing else is called. Offsets in memory are what is on disk: a
/// commit is seen when it is flushed. Members are ahead of the disk only where a write failed, and then the next write brings them.
/// </para>
/// One timer, set to the earliest deadline. A heartbeat only moves its member's deadline; the timer finds that out when it fires.
/// </remarks>
internal sealed partial class ClassicGroup : IDisposable
{
    const long Never = long.MaxValue;
    const string ConsumerProtocolType = "consumer";

    readonly Lock _gate = new();
    readonly GroupOptions _options;
    readonly GroupWriter _writer;
    readonly GroupFile _file;
    readonly ILogger _logger;
    readonly TimeProvider _time;
    readonly ITimer _timer;
    readonly Dictionary<string, GroupMember> _members = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _staticMembers = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> _pendingMembers = new(StringComparer.Ordinal);
    readonly HashSet<string> _pendingSync = new(StringComparer.Ordinal);
    GroupState _state;
    long _stateSince;
    int _generation;
    string? _protocolType;
    string? _protocol;
    string? _leader;
    HashSet<string>? _subscribedTopics;
    GroupMembership? _savedMembership;
    long _armedFor = Never;

    public ClassicGroup(string id, GroupFile file, GroupWriter writer, GroupOptions options, ILogger logger, TimeProvider time)
    {
        (Id, _file, _writer, _options, _logger, _time) = (id, file, writer, options, logger, time);
        _stateSince = UtcNow;
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Id { get; }

    long Now => (long)(_time.GetTimestamp() * (1000.0 / _time.TimestampFrequency));
    long UtcNow => _time.GetUtcNow().ToUnixTimeMilliseconds();

    public GroupDescription Describe()
    {
        lock (_gate)
        {
            var stable = _state == GroupState.Stable;
            return new GroupDescription(Id, _state, _protocolType ?? "", stable ? _protocol ?? "" : "", [.. _members.Values.Select(member =>
                new DescribedMember(
                    member.Id, member.InstanceId, member.ClientId, member.ClientHost,
                    stable ? member.MetadataOf(_protocol ?? "") : [], stable ? member.Assignment : []))]);
        }
    }

    /// <summary>The broker stops: whoever waits is told to look for the coordinator again. The file stays as it is.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var member in _members.Values)
            {
                member.AnswerJoin(new JoinResult(KafkaError.CoordinatorNotAvailable, member.Id));
                member.AnswerSync(SyncResult.Failed(KafkaError.CoordinatorNotAvailable));
            }
            Die();
        }
    }

    void Die()
    {
        MoveTo(GroupState.Dead);
        _timer.Dispose();
    }

    void MoveTo(GroupState state) => (_state, _stateSince) = (state, UtcNow);

    void Add(GroupMember member)
    {
        _members.Add(member.Id, member);
        _pendingMembers.Remove(member.Id);
        if (member.InstanceId is { } instance)
            _staticMembers[instance] = member.Id;
        _leader ??= member.Id;
    }

    void Remove(GroupMember member)
    {
        _members.Remove(member.Id);
        _pendingSync.Remove(member.Id);
        if (member.InstanceId is { } instance)
            _staticMembers.Remove(instance);
        if (_leader == member.Id)
            _leader = _members.Keys.FirstOrDefault();
    }

    /// <summary>Null: the member is known, and is the one that holds its instance id.</summary>
    KafkaError? CheckMember(string memberId, string? instanceId)
    {
        if (instanceId is not null)
        {
            if (!_staticMembers.TryGetValue(instanceId, out var current))
                return KafkaError.UnknownMemberId;
            if (current != memberId)
                return KafkaError.FencedInstanceId;
        }
        return _members.ContainsKey(memberId) ? null : KafkaError.UnknownMemberId;
    }

    /// <summary>A heartbeat: the member has its whole session timeout again.</summary>
    void Touch(GroupMember member) => SetDeadline(member, member.SessionTimeoutMs);

    void SetDeadline(GroupMember member, int timeoutMs)
    {
        member.Deadline = Now + timeoutMs;
        Arm(member.Deadline);
    }

    void Arm(long deadline)
    {
        if (deadline >= _armedFor || _state == GroupState.Dead)
            return;
        _armedFor = deadline;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(deadline - Now, 0, int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    void OnTimer()
    {
        lock (_gate)
        {
            if (_state == GroupState.Dead)
                return;
            _armedFor = Never;
            var now = Now;
            foreach (var id in _pendingMembers.Where(pending => pending.Value <= now).Select(pending => pending.Key).ToArray())
                ForgetPending(id);
            foreach (var member in _members.Values.Where(member => member.Deadline <= now).ToArray())
                // The one before may have moved its deadline.
                if (member.Deadline <= now && _members.ContainsKey(member.Id))
                    Expire(member);
            if (_syncDeadline <= now)
                ExpireSync();
            if (_joinDeadline <= now)
                EndJoinDelay();

            var next = Math.Min(_joinDeadline, _syncDeadline);
            foreach (var member in _members.Values)
                next = Math.Min(next, member.Deadline);
            foreach (var deadline in _pendingMembers.Values)
                next = Math.Min(next, deadline);
            if (next != Never)
                Arm(next);
        }
    }

    void Expire(GroupMember member)
    {
        // Who waits for the others cannot send heartbeats meanwhile, and gets a new deadline with the answer. A new member may have
        // gone without leaving a trace, so it is not waited for without end.
        if (!member.IsNew && member.IsWaiting)
        {
            member.Deadline = Never;
            return;
        }
        _logger.MemberExpired(member.Id, Id, member.SessionTimeoutMs);
        RemoveAndUpdate(member, "a session timed out");
    }
}
