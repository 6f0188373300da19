using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

internal sealed class DescribeConfigsHandler(TopicAdministration topics, BrokerConfigs broker)
    : RequestHandler(ApiKey.DescribeConfigs, 1, 4, flexibleFrom: 4)
{
    const sbyte DynamicTopicConfig = 1, StaticBrokerConfig = 4, DefaultConfig = 5;

    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var reader = request.Read();
        var resources = reader.ArrayLength();
        response.Int32(0);
        response.Array(resources);
        for (var i = 0; i < resources; i++)
        {
            var type = reader.Int8();
            var name = reader.String();
            var keys = ReadKeys(ref reader);
            reader.Tags();
            Write(response, request.Version, type, name, keys);
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }

    /// <returns>Null: all.</returns>
    static HashSet<string>? ReadKeys(ref KafkaReader reader)
    {
        var count = reader.ArrayLength();
        if (count < 0)
            return null;
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (; count > 0; count--)
            keys.Add(reader.String());
        return keys;
    }

    void Write(KafkaWriter response, short version, sbyte type, string name, HashSet<string>? keys)
    {
        var (error, message, entries) = Describe(type, name);
        response.Error(error);
        response.String(message);
        response.Int8(type);
        response.String(name);
        var wanted = entries.Where(entry => keys is null || keys.Contains(entry.Entry.Name)).ToList();
        response.Array(wanted.Count);
        foreach (var (entry, source) in wanted)
        {
            response.String(entry.Name);
            response.String(entry.Value);
            response.Bool(entry.IsFixed);
            response.Int8(source);
            response.Bool(false);
            response.Array(0);
            if (version >= 3)
            {
                response.Int8(entry.Type);
                response.String(null);
            }
            response.Tags();
        }
        response.Tags();
    }

    (KafkaError, string?, IEnumerable<(TopicConfigs.Entry Entry, sbyte Source)>) Describe(sbyte type, string name)
    {
        try
        {
            switch (type)
            {
                case ConfigResource.Topic:
                    var defaults = TopicConfigs.Describe(topics.Defaults).ToHashSet();
                    return (KafkaError.None, null, TopicConfigs.Describe(topics.Find(name).Settings)
                        .Select(entry => (entry, defaults.Contains(entry) ? DefaultConfig : DynamicTopicConfig)));
                case ConfigResource.Broker:
                    ConfigResource.CheckBroker(name);
                    return (KafkaError.None, null, broker.Describe().Select(entry => (entry, StaticBrokerConfig)));
                default:
                    throw ConfigResource.Unknown(type);
            }
        }
        catch (KafkaErrorException exception)
        {
            return (exception.Code, exception.Message, []);
        }
    }
}
