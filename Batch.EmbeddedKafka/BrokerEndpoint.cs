namespace Batch.EmbeddedKafka;

/// <summary>What clients are told of this broker.</summary>
/// <param name="NodeId">Always 0: there is one node.</param>
/// <param name="Host">Name or address that clients connect to.</param>
/// <param name="Port">TCP port that clients connect to.</param>
public sealed record BrokerEndpoint(int NodeId, string Host, int Port);
