namespace Batch.EmbeddedKafka.Groups;

/// <summary>JoinGroup, without the group's id.</summary>
/// <param name="MemberId">Empty: a new member.</param>
/// <param name="InstanceId">group.instance.id of a static member (KIP-345).</param>
/// <param name="SessionTimeoutMs">Without a heartbeat for so long, the member is out.</param>
/// <param name="RebalanceTimeoutMs">How long a rebalance waits for this member to join again.</param>
/// <param name="Protocols">What the member can do, best first.</param>
/// <param name="RequireKnownMemberId">A new member is given its id first and has to come again with it (KIP-394).</param>
/// <param name="CanSkipAssignment">A leader that came back may be told to keep the assignment (KIP-814).</param>
internal sealed record JoinRequest(
    string MemberId, string? InstanceId, string ClientId, string ClientHost, int SessionTimeoutMs, int RebalanceTimeoutMs,
    string ProtocolType, IReadOnlyList<MemberProtocol> Protocols, bool RequireKnownMemberId, bool CanSkipAssignment, string? Reason);

/// <summary>A way to assign partitions that a member supports, with what it says to the leader, its subscription.</summary>
internal readonly record struct MemberProtocol(string Name, byte[] Metadata);
