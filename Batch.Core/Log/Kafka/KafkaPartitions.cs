using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>A partition as the client names it, and as the log's callers do.</summary>
internal static class KafkaPartitions
{
    public static LogPartition OfLog(TopicPartition partition) => new(partition.Topic, partition.Partition);

    public static TopicPartition OfKafka(LogPartition partition) => new(partition.Topic, partition.Partition);
}
