namespace Batch.EmbeddedKafka.Protocol;

/// <summary>The bytes are not the request that their header announces. Its connection is closed, as Kafka closes it.</summary>
internal sealed class MalformedRequestException(string message) : Exception(message);
