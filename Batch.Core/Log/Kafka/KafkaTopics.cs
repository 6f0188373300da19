using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>Makes topics, checks that they can carry what will be appended, and knows their partitions.</summary>
/// <remarks>
/// Who may not make topics or read their settings (access rules, brokers that make topics by themselves) still gets on: then the
/// brokers' settings apply, and a record that does not fit is refused when it is appended.
/// </remarks>
internal sealed class KafkaTopics(KafkaOptions options, KafkaProducer producer, KafkaHealth health, ILogger logger)
{
    const string MaxMessageBytes = "max.message.bytes";
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan OutagePatience = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<string, int> _partitions = new(StringComparer.Ordinal);

    public int Needed => options.MaxRecordBytes + KafkaConfigs.OverheadBytes;

    public int PartitionCount(string topic) =>
        _partitions.TryGetValue(topic, out var count)
            ? count
            : throw new ArgumentException($"The log has no topic '{topic}': EnsureTopicAsync makes it.", nameof(topic));

    public string? Any => _partitions.Keys.FirstOrDefault();

    public async Task EnsureAsync(string topic, int partitions, CancellationToken cancellationToken)
    {
        try
        {
            var made = await TryCreateAsync(topic, partitions, cancellationToken);
            if (!made)
                await CheckSizeAsync(topic, cancellationToken);
            var count = await WaitForLeadersAsync(topic, cancellationToken);
            health.OnAnswer();
            if (count != partitions)
                logger.TopicDiffers(topic, count, partitions);
            _partitions[topic] = count;
        }
        catch (KafkaException e)
        {
            throw KafkaFaults.Explain(health, topic, e.Error, e);
        }
        catch (OperationCanceledException e) when (health.IsOutage)
        {
            throw health.Unavailable(new Error(ErrorCode.Local_TimedOut), e);
        }
    }

    /// <returns>False: it is there already, or it has to come from elsewhere.</returns>
    async Task<bool> TryCreateAsync(string topic, int partitions, CancellationToken cancellationToken)
    {
        // All topics are asked for: a question about this one would make many brokers make it, with settings of their own.
        var metadata = await MetadataAsync(null, cancellationToken);
        if (metadata.Topics.Exists(other => other.Topic == topic))
            return false;
        var replicas = options.ReplicationFactor > 0 ? options.ReplicationFactor : (short)Math.Clamp(metadata.Brokers.Count, 1, 3);
        var specification = new TopicSpecification
        {
            Name = topic,
            NumPartitions = partitions,
            ReplicationFactor = replicas,
            Configs = new Dictionary<string, string>
            {
                [MaxMessageBytes] = Needed.ToString(CultureInfo.InvariantCulture),
                ["cleanup.policy"] = "delete",
                ["retention.ms"] = ((long)options.Retention.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
                ["retention.bytes"] = options.RetentionBytes.ToString(CultureInfo.InvariantCulture),
            },
        };
        try
        {
            await producer.Admin.CreateTopicsAsync(
                [specification], new CreateTopicsOptions { RequestTimeout = options.RequestTimeout, OperationTimeout = options.RequestTimeout })
                .WaitAsync(cancellationToken);
            logger.TopicMade(topic, partitions, replicas, Needed);
            return true;
        }
        catch (KafkaException e)
        {
            var error = e is CreateTopicsException { Results: [var report] } ? report.Error : e.Error;
            if (error.Code is ErrorCode.TopicAlreadyExists)
                return false;
            if (!IsRefusal(error.Code))
                throw new KafkaException(error, e);
            logger.TopicNotMade(topic, error.Reason);
            return false;
        }
    }

    async Task CheckSizeAsync(string topic, CancellationToken cancellationToken)
    {
        DescribeConfigsResult description;
        try
        {
            description = (await producer.Admin.DescribeConfigsAsync(
                [new ConfigResource { Type = ResourceType.Topic, Name = topic }],
                new DescribeConfigsOptions { RequestTimeout = options.RequestTimeout }).WaitAsync(cancellationToken))[0];
        }
        catch (KafkaException e)
        {
            var error = e is DescribeConfigsException { Results: [var report] } ? report.Error : e.Error;
            if (IsRefusal(error.Code) || error.Code is ErrorCode.UnknownTopicOrPart)
                return;
            throw new KafkaException(error, e);
        }
        CheckSize(topic, description.Entries.GetValueOrDefault(MaxMessageBytes)?.Value, Needed);
    }

    /// <exception cref="LogUnavailableException">The topic takes less than is needed.</exception>
    public static void CheckSize(string topic, string? maxMessageBytes, int needed)
    {
        if (long.TryParse(maxMessageBytes, NumberStyles.Integer, CultureInfo.InvariantCulture, out var most) && most < needed)
            throw new LogUnavailableException(
                $"Topic {topic} takes records of {most} bytes, and {needed} are needed: raise its max.message.bytes, or lower Kafka:MaxRecordBytes.");
    }

    async Task<int> WaitForLeadersAsync(string topic, CancellationToken cancellationToken)
    {
        var until = DateTime.UtcNow + options.RequestTimeout;
        while (true)
        {
            var found = (await MetadataAsync(topic, cancellationToken)).Topics.Find(other => other.Topic == topic);
            if (found is { Error.Code: ErrorCode.NoError, Partitions.Count: > 0 } && found.Partitions.TrueForAll(partition => partition.Leader >= 0))
                return found.Partitions.Count;
            if (DateTime.UtcNow > until)
                throw new KafkaException(found?.Error is { IsError: true } error ? error : new Error(ErrorCode.LeaderNotAvailable));
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <param name="topic">Null: the brokers, and whatever topics there are.</param>
    public Task<Metadata> MetadataAsync(string? topic, CancellationToken cancellationToken)
    {
        // Brokers that are known to be away are asked, for they may be back, but not waited for.
        var patience = health.IsOutage && options.RequestTimeout > OutagePatience ? OutagePatience : options.RequestTimeout;
        return Task.Run(
            () => topic is null ? producer.Admin.GetMetadata(patience) : producer.Admin.GetMetadata(topic, patience), cancellationToken)
            .WaitAsync(cancellationToken);
    }

    static bool IsRefusal(ErrorCode code) =>
        code is ErrorCode.Local_UnsupportedFeature or ErrorCode.UnsupportedVersion or ErrorCode.InvalidRequest or ErrorCode.PolicyViolation
            or ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed;
}
