using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>Makes topics, checks that they can carry what will be appended, and knows their partitions.</summary>
/// <remarks>
/// A topic that was found sound is not asked for again until somebody doubts it (<see cref="Doubt"/>): an append that failed, or
/// <see cref="CheckAsync"/>, which finds that it is gone. Then it is looked at, and made, anew. Who may not make topics or read their settings
/// (access rules, brokers that make topics by themselves) still gets on: then the brokers' settings
/// apply, and a record that does not fit is refused when it is appended.
/// </remarks>
internal sealed class KafkaTopics(KafkaOptions options, KafkaProducer producer, KafkaHealth health, ILogger logger)
{
    const string MaxMessageBytes = "max.message.bytes";
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan OutageTimeout = TimeSpan.FromSeconds(1);
    /// <summary>Whoever checks wants to hear what is wrong before he gives up himself.</summary>
    static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<string, Topic> _topics = new(StringComparer.Ordinal);

    public int Needed => options.MaxRecordBytes + KafkaConfigs.OverheadBytes;

    public int PartitionCount(string topic) =>
        _topics.TryGetValue(topic, out var known) && known.Partitions > 0
            ? known.Partitions
            : throw new ArgumentException($"The log has no topic '{topic}': EnsureTopicAsync creates it.", nameof(topic));

    /// <summary>The topic is to be looked at again before it is relied on.</summary>
    public void Doubt(string topic)
    {
        if (_topics.TryGetValue(topic, out var known))
            known.IsSound = false;
    }

    public Task EnsureAsync(string topic, int partitions, CancellationToken cancellationToken) =>
        EnsureAsync(topic, partitions, options.RequestTimeout, cancellationToken);

    /// <param name="timeout">How long a topic that was made may take to be there.</param>
    async Task EnsureAsync(string topic, int partitions, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var known = _topics.GetOrAdd(topic, _ => new Topic());
        known.Wanted = partitions;
        if (known.IsSound)
            return;
        try
        {
            var made = await TryCreateAsync(topic, partitions, cancellationToken);
            if (!made)
                await CheckSizeAsync(topic, cancellationToken);
            var count = await WaitForLeadersAsync(topic, timeout, cancellationToken);
            health.OnAnswer();
            if (count != partitions && count != known.Partitions)
                logger.TopicDiffers(topic, count, partitions);
            known.Partitions = count;
            known.IsSound = true;
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

    /// <summary>Returns once the brokers answer and have all topics ever requested; deleted ones are created again.</summary>
    /// <exception cref="LogUnavailableException">They do not, or a topic cannot be made or cannot carry what it must.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var sound = _topics.Where(topic => topic.Value.IsSound).Select(topic => topic.Key).ToList();
        try
        {
            if (_topics.IsEmpty)
                await MetadataAsync(null, cancellationToken);
            else if (sound.Count > 0)
                foreach (var gone in await MissingAsync(sound, cancellationToken))
                {
                    logger.TopicGone(gone);
                    Doubt(gone);
                }
            if (sound.Count > 0 || _topics.IsEmpty)
                health.OnAnswer();
        }
        catch (KafkaException e)
        {
            throw KafkaFaults.Explain(health, sound.FirstOrDefault() ?? "", e.Error, e);
        }
        // Whoever asks has run out of timeout; why there was no answer is known all the same.
        catch (OperationCanceledException e) when (health.IsOutage)
        {
            throw health.Unavailable(new Error(ErrorCode.Local_TimedOut), e);
        }
        foreach (var (topic, known) in _topics)
            await EnsureAsync(topic, known.Wanted, CheckTimeout, cancellationToken);
    }

    /// <summary>Unlike other questions about a topic this one makes no broker make it.</summary>
    async Task<List<string>> MissingAsync(List<string> topics, CancellationToken cancellationToken)
    {
        try
        {
            await producer.Admin.DescribeTopicsAsync(
                TopicCollection.OfTopicNames(topics), new DescribeTopicsOptions { RequestTimeout = Timeout }).WaitAsync(cancellationToken);
            return [];
        }
        catch (DescribeTopicsException e)
        {
            var faults = e.Results.TopicDescriptions.Where(topic => topic.Error.IsError).ToList();
            if (faults.Find(topic => !KafkaFaults.IsUnknownTopic(topic.Error.Code)) is { } other)
                throw KafkaFaults.Explain(health, other.Name, other.Error, e);
            return faults.ConvertAll(topic => topic.Name);
        }
    }

    /// <returns>False: it is there already, or it has to come from elsewhere.</returns>
    async Task<bool> TryCreateAsync(string topic, int partitions, CancellationToken cancellationToken)
    {
        // All topics are asked for: a question about this one would make many brokers make it, with settings of their own.
        var metadata = await MetadataAsync(null, cancellationToken);
        if (metadata.Topics.Exists(other => other.Topic == topic && !other.Error.IsError))
            return false;
        var brokers = metadata.Brokers.Count;
        if (options.ReplicationFactor > brokers)
            throw TooFewBrokers(topic, options.ReplicationFactor, brokers, null);
        var replicas = options.ReplicationFactor > 0 ? options.ReplicationFactor : (short)Math.Clamp(brokers, 1, 3);
        try
        {
            await producer.Admin.CreateTopicsAsync(
                [Specify(topic, partitions, replicas)],
                new CreateTopicsOptions { RequestTimeout = options.RequestTimeout, OperationTimeout = options.RequestTimeout }).WaitAsync(cancellationToken);
            logger.TopicMade(topic, partitions, replicas, Needed);
            return true;
        }
        catch (KafkaException e)
        {
            var error = e is CreateTopicsException { Results: [var report] } ? report.Error : e.Error;
            if (error.Code is ErrorCode.TopicAlreadyExists)
                return false;
            if (error.Code is ErrorCode.InvalidReplicationFactor)
                throw TooFewBrokers(topic, replicas, brokers, e);
            if (!KafkaFaults.IsRefusal(error.Code))
                throw new KafkaException(error, e);
            logger.TopicNotMade(topic, error.Reason);
            return false;
        }
    }

    LogUnavailableException TooFewBrokers(string topic, int replicas, int brokers, Exception? inner) => new(
        $"Topic {topic} cannot be created with {replicas} {(replicas == 1 ? "replica" : "replicas")}: Kafka at {health.Servers} has {brokers} "
        + $"{(brokers == 1 ? "broker" : "brokers")} up. Start more, or lower Kafka:ReplicationFactor.", inner);

    internal TopicSpecification Specify(string topic, int partitions, short replicas)
    {
        var configs = new Dictionary<string, string>
        {
            [MaxMessageBytes] = Needed.ToString(CultureInfo.InvariantCulture),
            ["cleanup.policy"] = "delete",
            ["retention.ms"] = ((long)options.Retention.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            ["retention.bytes"] = options.RetentionBytes.ToString(CultureInfo.InvariantCulture),
        };
        // One is what every broker takes for granted.
        if (InSync(replicas) is > 1 and var inSync)
            configs["min.insync.replicas"] = inSync.ToString(CultureInfo.InvariantCulture);
        return new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = replicas, Configs = configs };
    }

    /// <summary>More than there are replicas could never be in sync.</summary>
    int InSync(short replicas) => Math.Min(options.MinInsyncReplicas > 0 ? options.MinInsyncReplicas : replicas >= 3 ? 2 : 1, replicas);

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
            if (KafkaFaults.IsRefusal(error.Code) || error.Code is ErrorCode.UnknownTopicOrPart)
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
                $"Topic {topic} accepts records of {most} bytes, but {needed} are needed: raise its max.message.bytes, or lower Kafka:MaxRecordBytes.");
    }

    async Task<int> WaitForLeadersAsync(string topic, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var found = (await MetadataAsync(topic, cancellationToken)).Topics.Find(other => other.Topic == topic);
            if (found is { Error.Code: ErrorCode.NoError, Partitions.Count: > 0 } && found.Partitions.TrueForAll(partition => partition.Leader >= 0))
                return found.Partitions.Count;
            if (TimeProvider.System.GetElapsedTime(since) > timeout)
                throw new KafkaException(found?.Error is { IsError: true } error ? error : new Error(ErrorCode.LeaderNotAvailable));
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Brokers that are known to be away are asked, for they may be back, but not waited for.</summary>
    TimeSpan Timeout => health.IsOutage && options.RequestTimeout > OutageTimeout ? OutageTimeout : options.RequestTimeout;

    /// <param name="topic">Null: the brokers, and whatever topics there are.</param>
    Task<Metadata> MetadataAsync(string? topic, CancellationToken cancellationToken)
    {
        var timeout = Timeout;
        return Task.Run(
            () => topic is null ? producer.Admin.GetMetadata(timeout) : producer.Admin.GetMetadata(topic, timeout), cancellationToken)
            .WaitAsync(cancellationToken);
    }

    sealed class Topic
    {
        public volatile int Wanted;
        /// <summary>0: not seen yet.</summary>
        public volatile int Partitions;
        public volatile bool IsSound;
    }
}
