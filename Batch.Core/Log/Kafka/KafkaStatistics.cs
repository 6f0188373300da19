using System.Text.Json;

namespace Batch.Core.Log.Kafka;

/// <summary>What librdkafka counts every few seconds, as far as it is measured here.</summary>
internal static class KafkaStatistics
{
    // Raw shape: {"topics":{"chunks":{"partitions":{"0":{"consumer_lag":17, ...}, "-1":{...}}}}} ; a lag of -1 is not known.
    public static Dictionary<LogPartition, long> Lags(string json)
    {
        var lags = new Dictionary<LogPartition, long>();
        using var statistics = JsonDocument.Parse(json);
        if (!statistics.RootElement.TryGetProperty("topics", out var topics))
            return lags;
        foreach (var topic in topics.EnumerateObject())
            foreach (var partition in topic.Value.GetProperty("partitions").EnumerateObject())
                if (int.TryParse(partition.Name, out var number) && number >= 0
                    && partition.Value.TryGetProperty("consumer_lag", out var lag) && lag.GetInt64() is >= 0 and var behind)
                    lags[new LogPartition(topic.Name, number)] = behind;
        return lags;
    }
}
