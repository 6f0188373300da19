namespace Batch.EmbeddedKafka.Groups;

/// <summary>SyncGroup, without the group's id. Assignments by member id come from the leader; others send none.</summary>
/// <param name="ProtocolType">Null where the version does not say it.</param>
/// <param name="Protocol">Null where the version does not say it.</param>
internal sealed record SyncRequest(
    int Generation, string MemberId, string? InstanceId, string? ProtocolType, string? Protocol, IReadOnlyDictionary<string, byte[]> Assignments);
