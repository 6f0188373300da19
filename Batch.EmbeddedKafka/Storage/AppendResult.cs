namespace Batch.EmbeddedKafka.Storage;

/// <summary>Where appended batches stand.</summary>
/// <param name="BaseOffset">Offset of the first record; of the original where the batch was a duplicate.</param>
/// <param name="LogStartOffset">Offset of the partition's oldest record.</param>
/// <param name="LogAppendTime">-1: records keep the time that the producer gave them (message.timestamp.type CreateTime).</param>
public readonly record struct AppendResult(long BaseOffset, long LogStartOffset, long LogAppendTime);
