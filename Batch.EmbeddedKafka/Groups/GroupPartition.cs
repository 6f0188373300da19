namespace Batch.EmbeddedKafka.Groups;

/// <summary>A partition of a topic.</summary>
internal readonly record struct GroupPartition(string Topic, int Partition);
