using System.Globalization;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>The configurations of a topic, by Kafka's names: those that can be set, and those that have one value here.</summary>
internal static class TopicConfigs
{
    /// <param name="Type">Kafka's ConfigDef.Type: 2 string, 3 int, 5 long, 7 list.</param>
    public readonly record struct Entry(string Name, string Value, bool IsFixed, sbyte Type);

    const sbyte StringType = 2, IntType = 3, LongType = 5, ListType = 7;

    // What one node without compaction, compression of its own and log append time has for these.
    static readonly Entry[] Fixed =
    [
        new("cleanup.policy", "delete", true, ListType),
        new("compression.type", "producer", true, StringType),
        new("message.timestamp.type", "CreateTime", true, StringType),
        new("min.insync.replicas", "1", true, IntType),
    ];

    static readonly (string Name, sbyte Type, Func<TopicSettings, long> Get, Func<TopicSettings, long, TopicSettings> Set, long Least, long Most)[] Numbers =
    [
        ("max.message.bytes", IntType, s => s.MaxMessageBytes, (s, v) => s with { MaxMessageBytes = (int)v }, 1024, 96 << 20),
        ("retention.bytes", LongType, s => s.RetentionBytes, (s, v) => s with { RetentionBytes = v }, -1, long.MaxValue),
        ("retention.ms", LongType, s => s.RetentionMs, (s, v) => s with { RetentionMs = v }, -1, long.MaxValue),
        ("segment.bytes", IntType, s => s.SegmentBytes, (s, v) => s with { SegmentBytes = (int)v }, 4096, 1 << 30),
    ];

    public static IEnumerable<Entry> Describe(TopicSettings settings) =>
        Numbers.Select(number => new Entry(number.Name, Text(number.Get(settings)), false, number.Type)).Concat(Fixed)
            .OrderBy(entry => entry.Name, StringComparer.Ordinal);

    /// <param name="value">Null: back to the broker's default.</param>
    /// <exception cref="KafkaErrorException">InvalidConfig: the name is unknown, or the value is not possible here; the message says what is.</exception>
    public static TopicSettings Set(TopicSettings settings, TopicSettings defaults, string name, string? value)
    {
        foreach (var number in Numbers)
        {
            if (number.Name != name)
                continue;
            if (value is null)
                return number.Set(settings, number.Get(defaults));
            return long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed)
                && parsed >= number.Least && parsed <= number.Most
                    ? number.Set(settings, parsed)
                    : throw Invalid($"{name} must be a number from {number.Least} to {number.Most}, not '{value}'.");
        }
        foreach (var entry in Fixed)
        {
            if (entry.Name != name)
                continue;
            return value is null || value == entry.Value
                ? settings
                : throw Invalid($"{name} is always '{entry.Value}' on this broker; '{value}' is not supported.");
        }
        throw Invalid($"{name} is not a configuration of this broker's topics: {string.Join(", ", Describe(defaults).Select(entry => entry.Name))} are.");
    }

    static KafkaErrorException Invalid(string message) => new(KafkaError.InvalidConfig, message);

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
