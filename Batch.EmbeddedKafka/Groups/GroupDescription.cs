namespace Batch.EmbeddedKafka.Groups;

/// <summary>A group as DescribeGroups and ListGroups show it. Protocol, metadata and assignments only while it is stable.</summary>
internal sealed record GroupDescription(
    string GroupId, GroupState State, string ProtocolType, string Protocol, IReadOnlyList<DescribedMember> Members);

internal sealed record DescribedMember(
    string MemberId, string? InstanceId, string ClientId, string ClientHost, byte[] Metadata, byte[] Assignment);
