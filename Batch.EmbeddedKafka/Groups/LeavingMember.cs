namespace Batch.EmbeddedKafka.Groups;

/// <summary>Who leaves: by member id, or an administrator's by instance id alone, the member id empty.</summary>
internal readonly record struct LeavingMember(string MemberId, string? InstanceId, string? Reason);
