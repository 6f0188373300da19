using System.Text.Json;

namespace Batch.Core.Log.Kafka;

/// <summary>What librdkafka says of a consumer every few seconds, as far as it is used here.</summary>
/// <param name="Offsets">Of partitions fetched from: where they begin and end by the last answer to a fetch; null where it is not known.</param>
/// <param name="IsSettled">The group has agreed, and the consumer is a member of it.</param>
internal sealed record KafkaStatistics(IReadOnlyDictionary<LogPartition, (long? Start, long? End)> Offsets, bool IsSettled)
{
    // Raw shape: {"topics":{"chunks":{"partitions":{"0":{"lo_offset":0,"hi_offset":17, ...}, "-1":{...}}}},"cgrp":{"join_state":"steady", ...}}
    // An offset that is not known is -1001.
    public static KafkaStatistics Read(string json)
    {
        var offsets = new Dictionary<LogPartition, (long?, long?)>();
        using var statistics = JsonDocument.Parse(json);
        var root = statistics.RootElement;
        if (root.TryGetProperty("topics", out var topics))
            foreach (var topic in topics.EnumerateObject())
                foreach (var partition in topic.Value.GetProperty("partitions").EnumerateObject())
                    if (int.TryParse(partition.Name, out var number) && number >= 0)
                        offsets[new LogPartition(topic.Name, number)] = (Offset(partition.Value, "lo_offset"), Offset(partition.Value, "hi_offset"));
        var settled = root.TryGetProperty("cgrp", out var group) && group.TryGetProperty("join_state", out var state) && state.ValueEquals("steady");
        return new KafkaStatistics(offsets, settled);
    }

    static long? Offset(JsonElement partition, string name) =>
        partition.TryGetProperty(name, out var offset) && offset.GetInt64() is >= 0 and var known ? known : null;
}
