using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>What the log's callers see of an error of Kafka.</summary>
internal static class KafkaFaults
{
    public static LogUnavailableException Explain(KafkaHealth health, string topic, Error error, Exception? inner) => error.Code switch
    {
        // librdkafka repeats what a broker with a full disk answers until time is up, and does not say what the answer was.
        ErrorCode.Local_MsgTimedOut when !health.IsOutage => new LogUnavailableException(
            $"Kafka at {health.Servers} did not accept a record for topic {topic} in time: its brokers are slow, or accept none at the moment "
            + "(disk full, too few replicas).", inner),
        ErrorCode.MsgSizeTooLarge or ErrorCode.RecordListTooLarge => new LogUnavailableException(
            $"Kafka at {health.Servers} refuses a record for topic {topic} as too large: raise max.message.bytes of the topic.", inner),
        ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed or ErrorCode.GroupAuthorizationFailed =>
            new LogUnavailableException($"Kafka at {health.Servers} denies access to topic {topic}: {error.Reason}.", inner),
        _ when IsUnknownTopic(error.Code) =>
            new LogUnavailableException($"Kafka at {health.Servers} has no topic {topic}, or not this partition of it.", inner),
        ErrorCode.NotEnoughReplicas or ErrorCode.NotEnoughReplicasAfterAppend => new LogUnavailableException(
            $"Kafka at {health.Servers} has too few live replicas of topic {topic} to accept records.", inner),
        ErrorCode.LeaderNotAvailable => new LogUnavailableException(
            $"Kafka at {health.Servers} has no leader for a partition of topic {topic}: its brokers are down.", inner),
        ErrorCode.Local_Fatal => Fatal(health, error.Reason, inner),
        _ when error.IsFatal => Fatal(health, error.Reason, inner),
        // What a broker has answered: it can be reached.
        _ when error.IsBrokerError && !health.IsOutage =>
            new LogUnavailableException($"Kafka at {health.Servers} refuses the request for topic {topic}: {error.Reason}.", inner),
        _ => health.Unavailable(error, inner),
    };

    public static LogUnavailableException Fatal(KafkaHealth health, string reason, Exception? inner = null) =>
        new($"The client of Kafka at {health.Servers} failed fatally and is replaced: {reason}.", inner);

    public static LogFullException Full(KafkaHealth health, string reason) =>
        new($"Kafka at {health.Servers} accepts no records: {reason.TrimEnd('.')}.");

    /// <summary>Why a member gets no partitions of its group; null for an error that passes by itself, or that is not the group's.</summary>
    public static string? ExplainGroup(KafkaHealth health, KafkaOptions options, string group, string? instance, Error error) => error.Code switch
    {
        ErrorCode.InvalidSessionTimeout =>
            $"Kafka at {health.Servers} refuses a session timeout of {options.SessionTimeout.TotalSeconds:0.###} s for group {group}: set "
            + "Kafka:SessionTimeout between the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms.",
        ErrorCode.FencedInstanceId =>
            $"Another process is a member of group {group} under the same name {instance}: Kafka:InstanceId must be unique per process. "
            + "This one waits until that name is free.",
        ErrorCode.GroupAuthorizationFailed or ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed =>
            $"Kafka at {health.Servers} denies access to group {group}: {error.Reason}.",
        ErrorCode.InconsistentGroupProtocol or ErrorCode.InvalidGroupId or ErrorCode.GroupMaxSizeReached or ErrorCode.UnsupportedVersion =>
            $"Kafka at {health.Servers} does not accept a member into group {group}: {error.Reason}.",
        _ when error.IsFatal => Fatal(health, error.Reason).Message,
        _ => null,
    };

    public static bool IsUnknownTopic(ErrorCode code) =>
        code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition or ErrorCode.UnknownTopicId;

    /// <summary>Whoever asks may not, or the broker cannot: asking again is of no use.</summary>
    public static bool IsRefusal(ErrorCode code) =>
        code is ErrorCode.Local_UnsupportedFeature or ErrorCode.UnsupportedVersion or ErrorCode.InvalidRequest or ErrorCode.PolicyViolation
            or ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed;
}
