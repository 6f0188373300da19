using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Where a partition begins and ends, and which record is the first of a time.</summary>
internal sealed class ListOffsetsHandler(LogStore store) : RequestHandler(ApiKey.ListOffsets, 1, 10, flexibleFrom: 6)
{
    // Timestamps with a meaning of their own (KIP-734 for -3, KIP-405 for -4 and KIP-1005 for -5).
    const long Latest = -1, Earliest = -2, MaxTimestamp = -3, EarliestLocal = -4, LatestTiered = -5;

    public override ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var version = request.Version;
        var reader = request.Read();
        reader.Int32();
        if (version >= 2)
            reader.Int8();
        if (version >= 2)
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
                if (version >= 4)
                    reader.Int32();
                var timestamp = reader.Int64();
                reader.Tags();
                Write(response, version, topic, index, timestamp);
            }
            reader.Tags();
            response.Tags();
        }
        response.Tags();
        return ValueTask.CompletedTask;
    }

    static void Write(KafkaWriter response, short version, Topic? topic, int index, long timestamp)
    {
        var isThere = topic is not null && (uint)index < (uint)topic.Partitions.Count;
        var (offset, time) = isThere ? Find(topic!.Partitions[index], timestamp) : (-1, -1);
        response.Int32(index);
        response.Error(isThere ? KafkaError.None : KafkaError.UnknownTopicOrPartition);
        response.Int64(time);
        response.Int64(offset);
        if (version >= 4)
            response.Int32(offset < 0 ? -1 : BrokerNode.LeaderEpoch);
        response.Tags();
    }

    static (long Offset, long Timestamp) Find(Partition partition, long timestamp) => timestamp switch
    {
        Latest => (partition.End, -1),
        Earliest or EarliestLocal => (partition.Start, -1),
        MaxTimestamp => partition.MaxTimestamp,
        LatestTiered => (-1, -1),
        _ => partition.OffsetForTime(timestamp) ?? (-1, -1),
    };
}
