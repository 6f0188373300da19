using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

internal sealed class CreatePartitionsHandler(TopicAdministration topics) : RequestHandler(ApiKey.CreatePartitions, 0, 3, flexibleFrom: 2)
{
    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var reader = request.Read();
        var asked = new List<(string Name, int Count)>();
        for (var count = reader.ArrayLength(); count > 0; count--)
        {
            asked.Add((reader.String(), reader.Int32()));
            for (var assignments = reader.ArrayLength(); assignments > 0; assignments--)
            {
                for (var nodes = reader.ArrayLength(); nodes > 0; nodes--)
                    reader.Int32();
                reader.Tags();
            }
            reader.Tags();
        }
        reader.Int32();
        var validateOnly = reader.Bool();

        response.Int32(0);
        response.Array(asked.Count);
        foreach (var (name, count) in asked)
        {
            var (error, message) = Grow(name, count, validateOnly);
            response.String(name);
            response.Error(error);
            response.String(message);
            response.Tags();
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }

    (KafkaError, string?) Grow(string name, int count, bool validateOnly)
    {
        try
        {
            topics.Grow(name, count, validateOnly);
            return (KafkaError.None, null);
        }
        catch (KafkaErrorException exception)
        {
            return (exception.Code, exception.Message);
        }
    }
}
