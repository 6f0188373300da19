using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Batch.Core.Log.Kafka;

/// <summary>Where partitions begin and end and how far a group is, as the brokers say when asked: one request to each broker for all partitions.</summary>
internal sealed partial class KafkaOffsets(KafkaOptions options, KafkaProducer producer, KafkaHealth health, TimeProvider time)
{
    /// <exception cref="LogUnavailableException">The brokers did not say.</exception>
    public async Task<IReadOnlyList<PartitionLag>> LagAsync(string group, string topic, int partitionCount, CancellationToken cancellationToken)
    {
        var partitions = Enumerable.Range(0, partitionCount).Select(i => new TopicPartition(topic, i)).ToList();
        try
        {
            var committing = producer.Admin.ListConsumerGroupOffsetsAsync(
                [new ConsumerGroupTopicPartitions(group, partitions)], new ListConsumerGroupOffsetsOptions { RequestTimeout = options.RequestTimeout });
            var low = await StartsAsync(partitions, cancellationToken);
            var high = await EndsAsync(partitions, cancellationToken);
            var committed = (await committing.WaitAsync(cancellationToken))[0].Partitions
                .Where(partition => partition.Offset.Value >= 0).ToDictionary(partition => partition.TopicPartition, partition => partition.Offset.Value);
            health.OnAnswer();
            return
            [
                .. partitions.Select(partition => new PartitionLag(
                    new LogPartition(topic, partition.Partition), low[partition], high[partition],
                    committed.TryGetValue(partition, out var done) ? done : null)),
            ];
        }
        catch (KafkaException e)
        {
            var error = e is ListConsumerGroupOffsetsException { Results: [var report] } && report.Error.IsError ? report.Error : e.Error;
            throw KafkaFaults.Explain(health, topic, error, e);
        }
    }

    /// <summary>Offset of the oldest record of each.</summary>
    /// <exception cref="KafkaException">Of one of them the brokers do not say.</exception>
    public Task<Dictionary<TopicPartition, long>> StartsAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
        AskAsync(partitions, OffsetSpec.Earliest(), cancellationToken);

    /// <summary>Offset that the next record of each gets.</summary>
    /// <exception cref="KafkaException">Of one of them the brokers do not say.</exception>
    public Task<Dictionary<TopicPartition, long>> EndsAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
        AskAsync(partitions, OffsetSpec.Latest(), cancellationToken);

    async Task<Dictionary<TopicPartition, long>> AskAsync(
        IReadOnlyCollection<TopicPartition> partitions, OffsetSpec which, CancellationToken cancellationToken)
    {
        var found = await ListAsync(partitions, which, cancellationToken).ConfigureAwait(false);
        return found.ToDictionary(info => info.TopicPartitionOffsetError.TopicPartition, info => info.TopicPartitionOffsetError.Offset.Value);
    }

    async Task<List<ListOffsetsResultInfo>> ListAsync(
        IReadOnlyCollection<TopicPartition> partitions, OffsetSpec which, CancellationToken cancellationToken)
    {
        if (partitions.Count == 0)
            return [];
        var result = await producer.Admin.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = which }),
            new ListOffsetsOptions { RequestTimeout = options.RequestTimeout }).WaitAsync(cancellationToken).ConfigureAwait(false);
        return result.ResultInfos;
    }
}
