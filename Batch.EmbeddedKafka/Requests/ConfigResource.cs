namespace Batch.EmbeddedKafka.Requests;

/// <summary>What a configuration belongs to, by Kafka's numbers.</summary>
internal static class ConfigResource
{
    public const sbyte Topic = 2;
    public const sbyte Broker = 4;

    /// <exception cref="KafkaErrorException">The broker's name is not that of the one node.</exception>
    public static void CheckBroker(string name)
    {
        if (name is not ("" or "0"))
            throw new KafkaErrorException(KafkaError.InvalidRequest, $"There is no broker '{name}': the one node is 0.");
    }

    public static KafkaErrorException Unknown(sbyte type) =>
        new(KafkaError.InvalidRequest, $"Resources of type {type} have no configuration here; topics ({Topic}) and brokers ({Broker}) do.");
}
