using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Topics, their partitions and the node that leads them all: this one.</summary>
internal sealed class MetadataHandler(BrokerNode node, LogStore store, TopicAdministration topics, bool autoCreate)
    : RequestHandler(ApiKey.Metadata, 0, 12, flexibleFrom: 9)
{
    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var version = request.Version;
        var reader = request.Read();
        var count = reader.ArrayLength();
        var all = count < 0 || (count == 0 && version == 0);
        var asked = new List<(string? Name, Guid Id)>();
        for (var i = 0; i < count; i++)
        {
            var id = version >= 10 ? reader.Uuid() : Guid.Empty;
            asked.Add((reader.NullableString(), id));
            reader.Tags();
        }
        var mayCreate = version < 4 || reader.Bool();

        if (version >= 3)
            response.Int32(0);
        response.Array(1);
        response.Int32(BrokerNode.Id);
        response.String(node.Host);
        response.Int32(node.Port);
        if (version >= 1)
            response.String(null);
        response.Tags();
        if (version >= 2)
            response.String(node.ClusterId);
        if (version >= 1)
            response.Int32(BrokerNode.Id);

        if (all)
        {
            var present = store.Topics;
            response.Array(present.Count);
            foreach (var topic in present)
                Write(response, version, topic.Name, topic.Id, topic, KafkaError.None);
        }
        else
        {
            response.Array(asked.Count);
            foreach (var (name, id) in asked)
            {
                var (topic, error) = Find(name, id, mayCreate && autoCreate);
                Write(response, version, topic?.Name ?? name, topic?.Id ?? id, topic, error);
            }
        }
        if (version is >= 8 and <= 10)
            response.Int32(BrokerNode.OperationsUnknown);
        response.Tags();
        return ValueTask.CompletedTask;
    }

    (Topic? Topic, KafkaError Error) Find(string? name, Guid id, bool mayCreate)
    {
        if (name is null)
            return store.Find(id) is { } byId ? (byId, KafkaError.None) : (null, KafkaError.UnknownTopicId);
        if (store.Find(name) is { } present)
            return (present, KafkaError.None);
        if (!mayCreate)
            return (null, KafkaError.UnknownTopicOrPartition);
        try
        {
            return (topics.CreateByDefault(name), KafkaError.None);
        }
        catch (KafkaErrorException exception)
        {
            return store.Find(name) is { } meanwhile ? (meanwhile, KafkaError.None) : (null, exception.Code);
        }
    }

    static void Write(KafkaWriter response, short version, string? name, Guid id, Topic? topic, KafkaError error)
    {
        response.Error(error);
        response.String(version >= 12 ? name : name ?? "");
        if (version >= 10)
            response.Uuid(id);
        if (version >= 1)
            response.Bool(false);
        var partitions = topic?.Partitions ?? [];
        response.Array(partitions.Count);
        foreach (var partition in partitions)
        {
            response.Error(KafkaError.None);
            response.Int32(partition.Index);
            response.Int32(BrokerNode.Id);
            if (version >= 7)
                response.Int32(BrokerNode.LeaderEpoch);
            response.Array(1);
            response.Int32(BrokerNode.Id);
            response.Array(1);
            response.Int32(BrokerNode.Id);
            if (version >= 5)
                response.Array(0);
            response.Tags();
        }
        if (version >= 8)
            response.Int32(BrokerNode.OperationsUnknown);
        response.Tags();
    }
}
