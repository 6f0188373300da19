namespace Batch.EmbeddedKafka.Groups;

/// <summary>A member of a group. Guarded by the group's lock.</summary>
internal sealed class GroupMember(string id, string? instanceId, string clientId, string clientHost)
{
    public string Id { get; set; } = id;
    public string? InstanceId => instanceId;
    public string ClientId => clientId;
    public string ClientHost => clientHost;
    public int SessionTimeoutMs { get; set; }
    public int RebalanceTimeoutMs { get; set; }
    public IReadOnlyList<MemberProtocol> Protocols { get; set; } = [];
    public byte[] Assignment { get; set; } = [];

    /// <summary>Joined for the first time and not answered yet: it cannot send heartbeats, so it expires even while it waits.</summary>
    public bool IsNew { get; set; }

    /// <summary>When it is taken for dead; <see cref="long.MaxValue"/>: not while it waits for the others.</summary>
    public long Deadline { get; set; } = long.MaxValue;

    public TaskCompletionSource<JoinResult>? Joining { get; set; }
    public TaskCompletionSource<SyncResult>? Syncing { get; set; }

    public bool IsStatic => instanceId is not null;
    public bool IsWaiting => Joining is not null || Syncing is not null;

    public int Bytes => SizeOf(Protocols) + 2 * (Id.Length + (InstanceId?.Length ?? 0) + ClientId.Length + ClientHost.Length);

    public static int SizeOf(IReadOnlyList<MemberProtocol> protocols)
    {
        var bytes = 0L;
        foreach (var protocol in protocols)
            bytes += 2L * protocol.Name.Length + protocol.Metadata.Length;
        return (int)Math.Min(bytes, int.MaxValue / 2);
    }

    public byte[] MetadataOf(string protocol)
    {
        foreach (var candidate in Protocols)
            if (candidate.Name == protocol)
                return candidate.Metadata;
        return [];
    }

    public bool Supports(string protocol)
    {
        foreach (var candidate in Protocols)
            if (candidate.Name == protocol)
                return true;
        return false;
    }

    /// <summary>The first of its protocols that all members support.</summary>
    public string VoteFor(Func<string, bool> isCandidate) => Protocols.First(protocol => isCandidate(protocol.Name)).Name;

    /// <summary>It rejoins with the same subscription: no new assignment is needed.</summary>
    public bool Matches(IReadOnlyList<MemberProtocol> protocols) =>
        Protocols.Count == protocols.Count
        && Protocols.Zip(protocols).All(pair =>
            pair.First.Name == pair.Second.Name && pair.First.Metadata.AsSpan().SequenceEqual(pair.Second.Metadata));

    /// <summary>Answers a JoinGroup that waits.</summary>
    public void AnswerJoin(JoinResult result)
    {
        Joining?.TrySetResult(result);
        Joining = null;
    }

    /// <summary>Answers a SyncGroup, where one waits.</summary>
    public void AnswerSync(SyncResult result)
    {
        var waiting = Syncing;
        Syncing = null;
        waiting?.TrySetResult(result);
    }
}
