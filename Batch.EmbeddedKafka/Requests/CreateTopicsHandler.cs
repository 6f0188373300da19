using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

internal sealed class CreateTopicsHandler(TopicAdministration topics) : RequestHandler(ApiKey.CreateTopics, 2, 7, flexibleFrom: 5)
{
    sealed record Wanted(string Name, int Partitions, short Replicas, int Assignments, List<(string Name, string? Value)> Configs);

    readonly record struct Outcome(KafkaError Error, string? Message, Topic? Topic, TopicSettings Settings, int Partitions);

    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var version = request.Version;
        var reader = request.Read();
        var wanted = new List<Wanted>();
        for (var count = reader.ArrayLength(); count > 0; count--)
            wanted.Add(ReadTopic(ref reader));
        reader.Int32();
        var validateOnly = reader.Bool();

        response.Int32(0);
        response.Array(wanted.Count);
        foreach (var topic in wanted)
            Write(response, version, topic, Create(topic, validateOnly));
        response.Tags();
        return ValueTask.CompletedTask;
    }

    static Wanted ReadTopic(ref KafkaReader reader)
    {
        var name = reader.String();
        var partitions = reader.Int32();
        var replicas = reader.Int16();
        var assignments = reader.ArrayLength();
        for (var i = 0; i < assignments; i++)
        {
            reader.Int32();
            for (var nodes = reader.ArrayLength(); nodes > 0; nodes--)
                reader.Int32();
            reader.Tags();
        }
        var configs = new List<(string, string?)>();
        for (var count = reader.ArrayLength(); count > 0; count--)
        {
            configs.Add((reader.String(), reader.NullableString()));
            reader.Tags();
        }
        reader.Tags();
        return new Wanted(name, partitions, replicas, assignments, configs);
    }

    Outcome Create(Wanted wanted, bool validateOnly)
    {
        try
        {
            var settings = topics.Defaults;
            foreach (var (name, value) in wanted.Configs)
                settings = TopicConfigs.Set(settings, topics.Defaults, name, value);
            // All partitions are on the one node, however a client assigns them.
            var partitions = wanted.Assignments > 0 ? wanted.Assignments : wanted.Partitions;
            var replicas = wanted.Assignments > 0 ? (short)1 : wanted.Replicas;
            var topic = topics.Create(wanted.Name, partitions, replicas, settings, validateOnly);
            return new Outcome(KafkaError.None, null, topic, settings, partitions == -1 ? TopicAdministration.DefaultPartitions : partitions);
        }
        catch (KafkaErrorException exception)
        {
            return new Outcome(exception.Code, exception.Message, null, topics.Defaults, -1);
        }
    }

    static void Write(KafkaWriter response, short version, Wanted wanted, Outcome outcome)
    {
        const sbyte DynamicTopicConfig = 1, StaticOrDefault = 5;
        response.String(wanted.Name);
        if (version >= 7)
            response.Uuid(outcome.Topic?.Id ?? Guid.Empty);
        response.Error(outcome.Error);
        response.String(outcome.Message);
        if (version >= 5)
        {
            response.Int32(outcome.Partitions);
            response.Int16(outcome.Error == KafkaError.None ? (short)1 : (short)-1);
            var configs = outcome.Error == KafkaError.None ? TopicConfigs.Describe(outcome.Settings).ToList() : [];
            response.Array(configs.Count);
            foreach (var config in configs)
            {
                response.String(config.Name);
                response.String(config.Value);
                response.Bool(config.IsFixed);
                response.Int8(wanted.Configs.Exists(given => given.Name == config.Name) ? DynamicTopicConfig : StaticOrDefault);
                response.Bool(false);
                response.Tags();
            }
        }
        response.Tags();
    }
}
