using Batch.EmbeddedKafka.Protocol;

namespace Batch.EmbeddedKafka.Server;

/// <summary>Answers one kind of request in all the versions that it announces.</summary>
/// <param name="key">Kafka's number of the request.</param>
/// <param name="minVersion">Oldest layout that is understood.</param>
/// <param name="maxVersion">Newest layout that is understood.</param>
/// <param name="flexibleFrom">First version with compact lengths and tagged fields.</param>
internal abstract class RequestHandler(ApiKey key, short minVersion, short maxVersion, short flexibleFrom)
{
    public ApiKey Key => key;
    public short MinVersion => minVersion;
    public short MaxVersion => maxVersion;

    public bool IsFlexible(short version) => version >= flexibleFrom;

    /// <summary>Reads the request's body and writes the response's, without its header.</summary>
    /// <remarks>What has to happen in the order of requests of one connection happens before the first await.</remarks>
    /// <exception cref="MalformedRequestException">The body is not what its version says: the connection is closed.</exception>
    public abstract ValueTask HandleAsync(Request request, KafkaWriter response);
}
