using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Forgets what a group committed for partitions that it no longer reads (KIP-496).</summary>
internal sealed class OffsetDeleteHandler(GroupCoordinator groups) : RequestHandler(ApiKey.OffsetDelete, 0, 0, flexibleFrom: short.MaxValue)
{
    public override async ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var (groupId, topics) = Read(request);
        var known = topics.SelectMany(topic => topic.Partitions.Select(partition => new GroupPartition(topic.Name, partition)))
            .Distinct().Where(groups.PartitionExists).ToArray();
        var (error, errors) = groupId.Length == 0 ? (KafkaError.InvalidGroupId, [])
            : groups.Find(groupId) is { } group ? await group.DeleteOffsetsAsync(known)
            : (KafkaError.GroupIdNotFound, []);

        response.Error(error);
        response.Int32(0);
        // An error of the group stands alone.
        response.Array(error == KafkaError.None ? topics.Count : 0);
        foreach (var (name, partitions) in error == KafkaError.None ? topics : [])
        {
            response.String(name);
            response.Array(partitions.Count);
            foreach (var partition in partitions)
            {
                var at = Array.IndexOf(known, new GroupPartition(name, partition));
                response.Int32(partition);
                response.Error(at < 0 ? KafkaError.UnknownTopicOrPartition : errors[at]);
            }
        }
    }

    static (string GroupId, List<(string Name, List<int> Partitions)> Topics) Read(Request request)
    {
        var reader = request.Read();
        var groupId = reader.String();
        var topics = new List<(string Name, List<int> Partitions)>();
        for (var left = reader.ArrayLength(); left > 0; left--)
        {
            var topic = (Name: reader.String(), Partitions: new List<int>());
            for (var partitions = reader.ArrayLength(); partitions > 0; partitions--)
                topic.Partitions.Add(reader.Int32());
            topics.Add(topic);
        }
        return (groupId, topics);
    }
}
