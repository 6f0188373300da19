namespace Batch.EmbeddedKafka.Groups;

/// <summary>Answer to JoinGroup. Members are listed for the leader only.</summary>
internal sealed record JoinResult(KafkaError Error, string MemberId)
{
    public int Generation { get; init; } = -1;
    public string? ProtocolType { get; init; }
    public string? Protocol { get; init; }
    public string Leader { get; init; } = "";
    public bool SkipAssignment { get; init; }
    public IReadOnlyList<JoinedMember> Members { get; init; } = [];
}

/// <summary>A member as the leader sees it: with its metadata for the selected protocol.</summary>
internal readonly record struct JoinedMember(string MemberId, string? InstanceId, byte[] Metadata);
