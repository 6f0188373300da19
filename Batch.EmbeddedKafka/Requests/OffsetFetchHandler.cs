using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>What groups committed: of one group up to version 7, of several from version 8 on. Anybody may ask.</summary>
internal sealed class OffsetFetchHandler(GroupCoordinator groups) : RequestHandler(ApiKey.OffsetFetch, 1, 9, flexibleFrom: 6)
{
    const int AllTopics = -1;

    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var version = request.Version;
        var (asked, requireStable) = Read(request);
        if (version >= 3)
            response.Int32(0);
        if (version >= 8)
            response.Array(asked.Count);
        foreach (var group in asked)
        {
            if (version >= 8)
                response.String(group.GroupId);
            WriteTopics(response, version, group, requireStable);
            if (version >= 2)
                response.Error(KafkaError.None);
            if (version >= 8)
                response.Tags();
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }

    static (List<AskedGroup> Asked, bool RequireStable) Read(Request request)
    {
        var version = request.Version;
        var reader = request.Read();
        var asked = new List<AskedGroup>();
        for (var left = version >= 8 ? reader.ArrayLength() : 1; left > 0; left--)
        {
            var groupId = reader.String();
            if (version >= 9)
            {
                reader.NullableString();
                reader.Int32();
            }
            asked.Add(new AskedGroup(groupId, ReadTopics(ref reader, version)));
            if (version >= 8)
                reader.Tags();
        }
        return (asked, version >= 7 && reader.Bool());
    }

    static List<AskedTopic>? ReadTopics(ref KafkaReader reader, short version)
    {
        var count = reader.ArrayLength();
        if (count == AllTopics)
            return version >= 2 ? null : throw new MalformedRequestException("OffsetFetch version 1 has to name its topics.");
        var topics = new List<AskedTopic>();
        for (; count > 0; count--)
        {
            var topic = new AskedTopic(reader.String(), []);
            for (var left = reader.ArrayLength(); left > 0; left--)
                topic.Partitions.Add(reader.Int32());
            reader.Tags();
            topics.Add(topic);
        }
        return topics;
    }

    void WriteTopics(KafkaWriter response, short version, AskedGroup asked, bool requireStable)
    {
        var partitions = asked.Topics?.SelectMany(topic => topic.Partitions.Select(partition => new GroupPartition(topic.Name, partition)));
        var offsets = groups.Find(asked.GroupId)?.Fetch(partitions, requireStable)
            ?? [.. (partitions ?? []).Select(partition => (partition, default(CommittedOffset?), KafkaError.None))];
        var topics = offsets.GroupBy(offset => offset.Partition.Topic).ToArray();
        response.Array(topics.Length);
        foreach (var topic in topics)
        {
            response.String(topic.Key);
            response.Array(topic.Count());
            foreach (var (partition, offset, error) in topic)
            {
                response.Int32(partition.Partition);
                response.Int64(offset?.Offset ?? -1);
                if (version >= 5)
                    response.Int32(offset?.LeaderEpoch ?? -1);
                response.String(offset?.Metadata ?? "");
                response.Error(error);
                response.Tags();
            }
            response.Tags();
        }
    }

    /// <param name="Topics">Null: all.</param>
    readonly record struct AskedGroup(string GroupId, List<AskedTopic>? Topics);

    readonly record struct AskedTopic(string Name, List<int> Partitions);
}
