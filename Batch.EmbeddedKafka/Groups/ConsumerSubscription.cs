using Batch.EmbeddedKafka.Protocol;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>What a member of a group of consumers says it reads.</summary>
/// <remarks>
/// Read as version 0 of ConsumerProtocolSubscription, with which every version begins: version (int16), topics (array of strings).
/// </remarks>
internal static class ConsumerSubscription
{
    /// <returns>Null: not a subscription.</returns>
    public static IReadOnlyList<string>? TopicsOf(byte[] metadata)
    {
        try
        {
            var reader = new KafkaReader(metadata, flexible: false);
            if (reader.Int16() < 0)
                return null;
            var topics = new string[Math.Max(0, reader.ArrayLength())];
            for (var i = 0; i < topics.Length; i++)
                topics[i] = reader.String();
            return topics;
        }
        catch (MalformedRequestException)
        {
            return null;
        }
    }
}
