namespace Batch.EmbeddedKafka.Groups;

/// <summary>OffsetCommit, without the group's id, of partitions that exist.</summary>
/// <param name="Generation">-1: of a consumer that is no member.</param>
internal sealed record CommitRequest(
    int Generation, string MemberId, string? InstanceId, IReadOnlyList<KeyValuePair<GroupPartition, CommittedOffset>> Offsets);
