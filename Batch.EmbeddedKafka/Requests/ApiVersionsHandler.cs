using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Tells a client which requests are answered, and in which versions (KIP-35, KIP-511).</summary>
internal sealed class ApiVersionsHandler(Func<RequestTable> requests) : RequestHandler(ApiKey.ApiVersions, 0, 4, flexibleFrom: 3)
{
    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var known = request.Version >= MinVersion && request.Version <= MaxVersion;
        var version = known ? request.Version : (short)0;
        response.Error(known ? KafkaError.None : KafkaError.UnsupportedVersion);
        response.Array(requests().All.Count);
        foreach (var handler in requests().All)
        {
            response.Int16((short)handler.Key);
            response.Int16(handler.MinVersion);
            response.Int16(handler.MaxVersion);
            response.Tags();
        }
        if (version >= 1)
            response.Int32(0);
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
