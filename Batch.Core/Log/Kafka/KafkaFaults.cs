using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>What the log's callers see of an error of Kafka.</summary>
internal static class KafkaFaults
{
    public static LogUnavailableException Explain(KafkaHealth health, string topic, Error error, Exception inner) => error.Code switch
    {
        // librdkafka repeats what a broker with a full disk answers until time is up, and does not say what the answer was.
        ErrorCode.Local_MsgTimedOut when !health.IsOutage => new LogUnavailableException(
            $"Kafka at {health.Servers} did not take a record for topic {topic} in time: its brokers are slow, or take none for now "
            + "(disk full, too few replicas).", inner),
        ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge => new LogUnavailableException(
            $"Kafka at {health.Servers} refuses a record for topic {topic} as too large: raise max.message.bytes of the topic.", inner),
        ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed or ErrorCode.GroupAuthorizationFailed =>
            new LogUnavailableException($"Kafka at {health.Servers} does not allow it for topic {topic}: {error.Reason}.", inner),
        ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition =>
            new LogUnavailableException($"Kafka at {health.Servers} has no topic {topic}, or not this partition of it.", inner),
        ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => new LogUnavailableException(
            $"Kafka at {health.Servers} has too few replicas of topic {topic} alive to take records.", inner),
        _ => health.Unavailable(error, inner),
    };
}
