using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Changes the configurations of topics: all of them at once (AlterConfigs), or some (IncrementalAlterConfigs, KIP-339).</summary>
internal sealed class AlterConfigsHandler : RequestHandler
{
    // Operations of KIP-339. Append and subtract are for lists, and the one list here has one value.
    const sbyte SetOperation = 0, DeleteOperation = 1;

    readonly TopicAdministration _topics;
    readonly bool _isIncremental;

    AlterConfigsHandler(TopicAdministration topics, ApiKey key, short maxVersion, short flexibleFrom)
        : base(key, 0, maxVersion, flexibleFrom) =>
        (_topics, _isIncremental) = (topics, key == ApiKey.IncrementalAlterConfigs);

    public static AlterConfigsHandler Full(TopicAdministration topics) => new(topics, ApiKey.AlterConfigs, 2, 2);

    public static AlterConfigsHandler Incremental(TopicAdministration topics) => new(topics, ApiKey.IncrementalAlterConfigs, 1, 1);

    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var reader = request.Read();
        var resources = new List<(sbyte Type, string Name, List<(string Name, sbyte Operation, string? Value)> Configs)>();
        for (var count = reader.ArrayLength(); count > 0; count--)
        {
            var (type, name) = (reader.Int8(), reader.String());
            var configs = new List<(string, sbyte, string?)>();
            for (var entries = reader.ArrayLength(); entries > 0; entries--)
            {
                configs.Add((reader.String(), _isIncremental ? reader.Int8() : SetOperation, reader.NullableString()));
                reader.Tags();
            }
            reader.Tags();
            resources.Add((type, name, configs));
        }
        var validateOnly = reader.Bool();

        response.Int32(0);
        response.Array(resources.Count);
        foreach (var (type, name, configs) in resources)
        {
            var (error, message) = Alter(type, name, configs, validateOnly);
            response.Error(error);
            response.String(message);
            response.Int8(type);
            response.String(name);
            response.Tags();
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }

    (KafkaError, string?) Alter(sbyte type, string name, List<(string Name, sbyte Operation, string? Value)> configs, bool validateOnly)
    {
        try
        {
            if (type == ConfigResource.Broker)
                throw new KafkaErrorException(KafkaError.InvalidRequest, "The broker's own configuration is set at start-up.");
            if (type != ConfigResource.Topic)
                throw ConfigResource.Unknown(type);
            var topic = _topics.Find(name);
            var settings = _isIncremental ? topic.Settings : _topics.Defaults;
            foreach (var (config, operation, value) in configs)
            {
                if (operation is not (SetOperation or DeleteOperation))
                    throw new KafkaErrorException(KafkaError.InvalidRequest, $"{config} is not a list, so it cannot be appended to or subtracted from.");
                settings = TopicConfigs.Set(settings, _topics.Defaults, config, operation == DeleteOperation ? null : value);
            }
            if (!validateOnly)
                _topics.Configure(topic, settings);
            return (KafkaError.None, null);
        }
        catch (KafkaErrorException exception)
        {
            return (exception.Code, exception.Message);
        }
    }
}
