namespace Batch.EmbeddedKafka;

/// <summary>What a request is refused for: the code a client acts on, and a sentence for whoever reads its log.</summary>
public sealed class KafkaErrorException : Exception
{
    public KafkaErrorException(KafkaError code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    public KafkaError Code { get; }
}
