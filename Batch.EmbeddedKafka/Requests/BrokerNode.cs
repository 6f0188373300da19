namespace Batch.EmbeddedKafka.Requests;

/// <summary>The one node of this cluster, as clients are told of it.</summary>
internal sealed record BrokerNode(string ClusterId, string Host, int Port)
{
    public const int Id = 0;
    /// <summary>There is one leader and it never changes.</summary>
    public const int LeaderEpoch = 0;
    /// <summary>"Not asked for", where a response has the operations that a client may carry out (KIP-430).</summary>
    public const int OperationsUnknown = int.MinValue;
}
