namespace Batch.EmbeddedKafka.Groups;

/// <summary>Answer to SyncGroup: the member's assignment, which only its client can read.</summary>
internal sealed record SyncResult(KafkaError Error, string? ProtocolType, string? Protocol, byte[] Assignment)
{
    public static SyncResult Failed(KafkaError error) => new(error, null, null, []);
}
