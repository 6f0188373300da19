using System.Net;
using Batch.EmbeddedKafka.Protocol;

namespace Batch.EmbeddedKafka.Server;

/// <summary>One request as it came, its header read.</summary>
/// <param name="Version">Of the request's layout, within what its handler announces.</param>
/// <param name="Body">What follows the header. Valid until the handler has ended.</param>
/// <param name="IsFlexible">The version has compact lengths and tagged fields (KIP-482).</param>
/// <param name="Client">Where it came from.</param>
/// <param name="Aborted">Cancelled when the client is gone or the broker stops.</param>
internal sealed record Request(
    ApiKey Key, short Version, int CorrelationId, string? ClientId, Memory<byte> Body, bool IsFlexible, IPAddress Client, CancellationToken Aborted)
{
    public KafkaReader Read() => new(Body.Span, IsFlexible);
}
