using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

internal sealed class DeleteTopicsHandler(LogStore store, TopicAdministration topics) : RequestHandler(ApiKey.DeleteTopics, 1, 6, flexibleFrom: 4)
{
    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var version = request.Version;
        var reader = request.Read();
        var asked = new List<(string? Name, Guid Id)>();
        for (var count = reader.ArrayLength(); count > 0; count--)
        {
            asked.Add(version >= 6 ? (reader.NullableString(), reader.Uuid()) : (reader.String(), Guid.Empty));
            if (version >= 6)
                reader.Tags();
        }

        response.Int32(0);
        response.Array(asked.Count);
        foreach (var (name, id) in asked)
        {
            var topic = name is null ? store.Find(id) : store.Find(name);
            var (error, message) = Delete(topic, name is null ? KafkaError.UnknownTopicId : KafkaError.UnknownTopicOrPartition);
            response.String(topic?.Name ?? name);
            if (version >= 6)
                response.Uuid(topic?.Id ?? id);
            response.Error(error);
            if (version >= 5)
                response.String(message);
            response.Tags();
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }

    (KafkaError, string?) Delete(Topic? topic, KafkaError missing)
    {
        if (topic is null)
            return (missing, "There is no such topic.");
        try
        {
            topics.Delete(topic);
            return (KafkaError.None, null);
        }
        catch (KafkaErrorException exception)
        {
            return (exception.Code, exception.Message);
        }
    }
}
