namespace Batch.EmbeddedKafka.Groups;

internal sealed partial class ClassicGroup
{
    /// <summary>Takes over what the file says. Members get a whole session timeout to say that they are still there, as in Kafka.</summary>
    public void Load(LoadedGroup loaded)
    {
        lock (_gate)
        {
            foreach (var (partition, offset) in loaded.Offsets)
                _offsets[partition] = offset;
            if (loaded.Membership is not { } saved)
                return;
            _savedMembership = saved;
            (_generation, _protocolType, _protocol, _leader, _stateSince) =
                (saved.Generation, saved.ProtocolType, saved.Protocol, saved.Leader, saved.Since);
            foreach (var record in saved.Members)
            {
                var member = new GroupMember(record.Id, record.InstanceId, record.ClientId, record.ClientHost)
                {
                    SessionTimeoutMs = record.SessionTimeoutMs,
                    RebalanceTimeoutMs = record.RebalanceTimeoutMs,
                    Protocols = record.Protocols,
                    Assignment = record.Assignment,
                };
                Add(member);
                Touch(member);
            }
            _state = _members.Count > 0 ? GroupState.Stable : GroupState.Empty;
            _subscribedTopics = SubscribedTopics();
            if (_members.Count > _options.MaxMembers)
                PrepareRebalance("the group has more members than may be");
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
