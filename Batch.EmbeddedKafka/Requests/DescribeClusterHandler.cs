using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

internal sealed class DescribeClusterHandler(BrokerNode node) : RequestHandler(ApiKey.DescribeCluster, 0, 1, flexibleFrom: 0)
{
    const sbyte Brokers = 1;

    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var reader = request.Read();
        reader.Bool();
        var endpoint = request.Version >= 1 ? reader.Int8() : Brokers;
        var isKnown = endpoint == Brokers;
        response.Int32(0);
        response.Error(isKnown ? KafkaError.None : KafkaError.MismatchedEndpointType);
        response.String(isKnown ? null : "This port is a broker's, not a controller's.");
        if (request.Version >= 1)
            response.Int8(Brokers);
        response.String(node.ClusterId);
        response.Int32(BrokerNode.Id);
        response.Array(isKnown ? 1 : 0);
        if (isKnown)
        {
            response.Int32(BrokerNode.Id);
            response.String(node.Host);
            response.Int32(node.Port);
            response.String(null);
            response.Tags();
        }
        response.Int32(BrokerNode.OperationsUnknown);
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
