using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Makes, grows and deletes topics within the limits of one node.</summary>
/// <param name="defaults">Settings of a topic that does not say otherwise.</param>
/// <param name="topicDeleted">Told after a topic is gone, so that groups forget it.</param>
internal sealed class TopicAdministration(LogStore store, TopicSettings defaults, Action<string> topicDeleted)
{
    /// <summary>num.partitions and default.replication.factor: what a topic has where a client leaves it to the broker.</summary>
    public const int DefaultPartitions = 1;
    const int MaxPartitionsOfTopic = 1000;
    const int MaxPartitions = 10_000;

    // One change at a time: a topic of the same name must not come before the offsets of the former one are gone.
    readonly Lock _gate = new();

    public TopicSettings Defaults => defaults;

    public Topic CreateByDefault(string name) => Create(name, DefaultPartitions, 1, defaults, validateOnly: false)!;

    /// <param name="partitions">-1: the broker's default.</param>
    /// <param name="replicas">-1: the broker's default.</param>
    /// <returns>Null where it was only validated.</returns>
    /// <exception cref="KafkaErrorException">It is there already, or is not possible here.</exception>
    public Topic? Create(string name, int partitions, short replicas, TopicSettings settings, bool validateOnly)
    {
        lock (_gate)
        {
            if (store.Find(name) is not null)
                throw new KafkaErrorException(KafkaError.TopicAlreadyExists, $"Topic '{name}' already exists.");
            var count = Check(partitions, replicas);
            return validateOnly ? null : store.Create(name, count, settings);
        }
    }

    int Check(int partitions, short replicas)
    {
        if (replicas is not (1 or -1))
            throw new KafkaErrorException(KafkaError.InvalidReplicationFactor,
                $"Replication factor {replicas} is larger than the number of brokers, which is 1.");
        var count = partitions == -1 ? DefaultPartitions : partitions;
        CheckCount(count, more: count);
        return count;
    }

    /// <exception cref="KafkaErrorException">There is no such topic, or the number is not larger than today's, or too large.</exception>
    public void Grow(string name, int partitions, bool validateOnly)
    {
        lock (_gate)
            Grow(Find(name), partitions, validateOnly);
    }

    void Grow(Topic topic, int partitions, bool validateOnly)
    {
        if (partitions <= topic.Partitions.Count)
            throw new KafkaErrorException(
                KafkaError.InvalidPartitions, $"Topic '{topic.Name}' has {topic.Partitions.Count} partitions already; it can only get more, not {partitions}.");
        CheckCount(partitions, more: partitions - topic.Partitions.Count);
        if (!validateOnly)
            store.AddPartitions(topic, partitions);
    }

    /// <exception cref="KafkaErrorException">There is no such topic.</exception>
    public void Delete(Topic topic)
    {
        lock (_gate)
        {
            store.Delete(topic);
            topicDeleted(topic.Name);
        }
    }

    /// <exception cref="KafkaErrorException">UnknownTopicOrPartition.</exception>
    public Topic Find(string name) =>
        store.Find(name) ?? throw new KafkaErrorException(KafkaError.UnknownTopicOrPartition, $"There is no topic '{name}'.");

    public void Configure(Topic topic, TopicSettings settings) => store.Configure(topic, settings);

    void CheckCount(int count, int more)
    {
        if (count is < 1 or > MaxPartitionsOfTopic)
            throw new KafkaErrorException(KafkaError.InvalidPartitions, $"A topic must have 1 to {MaxPartitionsOfTopic} partitions, not {count}.");
        if (store.Topics.Sum(topic => topic.Partitions.Count) + more > MaxPartitions)
            throw new KafkaErrorException(KafkaError.PolicyViolation, $"This broker keeps at most {MaxPartitions} partitions in total.");
    }
}
