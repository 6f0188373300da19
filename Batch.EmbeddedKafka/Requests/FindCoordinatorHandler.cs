using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>The coordinator of every group is this broker. There is none for transactions and for share groups.</summary>
internal sealed class FindCoordinatorHandler(BrokerNode node) : RequestHandler(ApiKey.FindCoordinator, 0, 6, flexibleFrom: 3)
{
    const sbyte Group = 0, Transaction = 1;
    const string NoTransactions = "This broker has no transactions: leave transactional.id unset.";
    const string NoShareGroups = "This broker coordinates consumer groups (key type 0) only.";

    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var version = request.Version;
        var reader = request.Read();
        if (version >= 4)
        {
            var type = reader.Int8();
            var count = reader.ArrayLength();
            response.Int32(0);
            response.Array(count);
            for (var i = 0; i < count; i++)
            {
                response.String(reader.String());
                var (error, message) = Answer(type);
                WriteNode(response, error);
                response.Error(error);
                response.String(message);
                response.Tags();
            }
        }
        else
        {
            reader.String();
            var (error, message) = Answer(version >= 1 ? reader.Int8() : Group);
            if (version >= 1)
                response.Int32(0);
            response.Error(error);
            if (version >= 1)
                response.String(message);
            WriteNode(response, error);
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }

    static (KafkaError Error, string? Message) Answer(sbyte type) => type switch
    {
        Group => (KafkaError.None, null),
        Transaction => (KafkaError.TransactionalIdAuthorizationFailed, NoTransactions),
        _ => (KafkaError.InvalidRequest, NoShareGroups),
    };

    void WriteNode(KafkaWriter response, KafkaError error)
    {
        var found = error == KafkaError.None;
        response.Int32(found ? BrokerNode.Id : -1);
        response.String(found ? node.Host : "");
        response.Int32(found ? node.Port : -1);
    }
}
