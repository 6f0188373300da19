using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Moves the start of a partition (KIP-107); -1 moves it to its end.</summary>
internal sealed class DeleteRecordsHandler(LogStore store) : RequestHandler(ApiKey.DeleteRecords, 0, 2, flexibleFrom: 2)
{
    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var reader = request.Read();
        response.Int32(0);
        var topics = reader.ArrayLength();
        response.Array(topics);
        for (var i = 0; i < topics; i++)
        {
            var name = reader.String();
            var topic = store.Find(name);
            response.String(name);
            var partitions = reader.ArrayLength();
            response.Array(partitions);
            for (var j = 0; j < partitions; j++)
            {
                var index = reader.Int32();
                var before = reader.Int64();
                reader.Tags();
                var (error, low) = Delete(topic, index, before);
                response.Int32(index);
                response.Int64(low);
                response.Error(error);
                response.Tags();
            }
            reader.Tags();
            response.Tags();
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }

    static (KafkaError, long Low) Delete(Topic? topic, int index, long before)
    {
        if (topic is null || (uint)index >= (uint)topic.Partitions.Count)
            return (KafkaError.UnknownTopicOrPartition, -1);
        try
        {
            topic.Partitions[index].DeleteRecords(before);
            return (KafkaError.None, topic.Partitions[index].Start);
        }
        catch (KafkaErrorException exception)
        {
            return (exception.Code, -1);
        }
    }
}
