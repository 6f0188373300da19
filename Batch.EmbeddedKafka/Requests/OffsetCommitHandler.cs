using Batch.EmbeddedKafka.Groups;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>A group commits how far it has read. Answered when that is on disk.</summary>
internal sealed class OffsetCommitHandler(GroupCoordinator groups) : RequestHandler(ApiKey.OffsetCommit, 2, 9, flexibleFrom: 8)
{
    public override async ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var (groupId, commit, asked) = Read(request);
        // Nothing to commit is no reason to make a group.
        var error = asked.All(offset => offset.IsOfNoPartition || offset.Error == KafkaError.UnknownTopicOrPartition)
            ? KafkaError.None
            : await groups.CommitAsync(groupId, commit, request.Version >= 9 ? KafkaError.GroupIdNotFound : KafkaError.IllegalGeneration);
        if (request.Version >= 3)
            response.Int32(0);
        Write(response, error, asked);
        response.Tags();
    }

    (string GroupId, CommitRequest Commit, List<Asked> Asked) Read(Request request)
    {
        var version = request.Version;
        var reader = request.Read();
        var groupId = reader.String();
        var generation = reader.Int32();
        var memberId = reader.String();
        var instanceId = version >= 7 ? reader.NullableString() : null;
        if (version <= 4)
            reader.Int64();
        var asked = new List<Asked>();
        var offsets = new List<KeyValuePair<GroupPartition, CommittedOffset>>();
        var now = groups.UtcNow;
        var topics = reader.ArrayLength();
        for (var topic = 0; topic < topics; topic++)
        {
            var name = reader.String();
            var partitions = reader.ArrayLength();
            // A topic without partitions is answered too.
            if (partitions <= 0)
                asked.Add(new Asked(topic, name, -1, KafkaError.None));
            for (var left = partitions; left > 0; left--)
            {
                var partition = new GroupPartition(name, reader.Int32());
                var offset = reader.Int64();
                var leaderEpoch = version >= 6 ? reader.Int32() : -1;
                var metadata = reader.NullableString() ?? "";
                reader.Tags();
                var error = !groups.PartitionExists(partition) ? KafkaError.UnknownTopicOrPartition
                    : metadata.Length > groups.Options.MaxOffsetMetadata ? KafkaError.OffsetMetadataTooLarge
                    : KafkaError.None;
                asked.Add(new Asked(topic, name, partition.Partition, error));
                if (error == KafkaError.None)
                    offsets.Add(KeyValuePair.Create(partition, new CommittedOffset(offset, leaderEpoch, metadata, now)));
            }
            reader.Tags();
        }
        return (groupId, new CommitRequest(generation, memberId, instanceId, offsets), asked);
    }

    static void Write(KafkaWriter response, KafkaError error, List<Asked> asked)
    {
        var topics = asked.GroupBy(offset => offset.At).ToArray();
        response.Array(topics.Length);
        foreach (var topic in topics)
        {
            var partitions = topic.Where(offset => !offset.IsOfNoPartition).ToArray();
            response.String(topic.First().Topic);
            response.Array(partitions.Length);
            foreach (var offset in partitions)
            {
                response.Int32(offset.Partition);
                // What is wrong with the group is wrong with all its partitions that exist.
                response.Error(error != KafkaError.None && offset.Error != KafkaError.UnknownTopicOrPartition ? error : offset.Error);
                response.Tags();
            }
            response.Tags();
        }
    }

    /// <param name="At">Which of the request's topics.</param>
    readonly record struct Asked(int At, string Topic, int Partition, KafkaError Error)
    {
        public bool IsOfNoPartition => Partition < 0 && Error == KafkaError.None;
    }
}
