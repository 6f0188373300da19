using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Gives an idempotent producer its id (KIP-98). Each asking gets a new one with epoch 0, as Kafka does without transactions.</summary>
internal sealed class InitProducerIdHandler(LogStore store) : RequestHandler(ApiKey.InitProducerId, 0, 5, flexibleFrom: 2)
{
    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var reader = request.Read();
        var error = reader.NullableString() is null ? KafkaError.None : KafkaError.TransactionalIdAuthorizationFailed;
        var id = -1L;
        if (error == KafkaError.None)
        {
            try
            {
                id = store.NextProducerId();
            }
            catch (KafkaErrorException exception)
            {
                error = exception.Code;
            }
        }
        response.Int32(0);
        response.Error(error);
        response.Int64(id);
        response.Int16(id < 0 ? (short)-1 : (short)0);
        response.Tags();
        return ValueTask.CompletedTask;
    }
}
