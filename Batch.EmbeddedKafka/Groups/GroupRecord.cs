using System.Text.Json.Serialization;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>One line of a group's file. What is null is as it was.</summary>
internal sealed record GroupRecord
{
    /// <summary>The group's id: this line says all there is, and those before it count no longer.</summary>
    public string? Group { get; init; }
    public GroupMembership? Membership { get; init; }
    public IReadOnlyList<OffsetRecord>? Offsets { get; init; }
    public IReadOnlyList<GroupPartition>? Removed { get; init; }
}

/// <summary>The group's generation and who is in it.</summary>
/// <param name="Since">When the group came to this state, in Unix milliseconds.</param>
internal sealed record GroupMembership(
    int Generation, string? ProtocolType, string? Protocol, string? Leader, long Since, IReadOnlyList<MemberRecord> Members);

internal sealed record MemberRecord(
    string Id, string? InstanceId, string ClientId, string ClientHost, int SessionTimeoutMs, int RebalanceTimeoutMs,
    IReadOnlyList<MemberProtocol> Protocols, byte[] Assignment);

internal readonly record struct OffsetRecord(string Topic, int Partition, long Offset, int LeaderEpoch, string Metadata, long At)
{
    public static OffsetRecord Of(GroupPartition partition, CommittedOffset offset) =>
        new(partition.Topic, partition.Partition, offset.Offset, offset.LeaderEpoch, offset.Metadata, offset.At);

    [JsonIgnore]
    public GroupPartition Key => new(Topic, Partition);

    [JsonIgnore]
    public CommittedOffset Value => new(Offset, LeaderEpoch, Metadata, At);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GroupRecord))]
internal sealed partial class GroupRecordJson : JsonSerializerContext;
