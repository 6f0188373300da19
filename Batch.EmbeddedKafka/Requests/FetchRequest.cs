using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

internal readonly record struct FetchedPartition(int Index, KafkaError Error, long Start, long End, FetchSlice Records);

internal sealed record FetchedTopic(string Name, Guid Id, IReadOnlyList<FetchedPartition> Partitions);

/// <summary>What a consumer asks for: partitions, offsets, and how much of them.</summary>
internal sealed class FetchRequest
{
    sealed record Asked(int Index, Partition? Partition, long Offset, int MaxBytes);

    sealed record AskedTopic(string Name, Guid Id, KafkaError Missing, List<Asked> Partitions);

    readonly List<AskedTopic> _topics = [];

    public int MaxWaitMs { get; private init; }
    public int MinBytes { get; private init; }
    public int MaxBytes { get; private init; }
    public int SessionId { get; private init; }

    public IEnumerable<Partition> Partitions =>
        _topics.SelectMany(topic => topic.Partitions).Select(asked => asked.Partition).OfType<Partition>();

    public static FetchRequest Read(Request request, LogStore store)
    {
        var version = request.Version;
        var reader = request.Read();
        if (version <= 14)
            reader.Int32();
        var fetch = new FetchRequest
        {
            MaxWaitMs = reader.Int32(),
            MinBytes = reader.Int32(),
            MaxBytes = reader.Int32(),
            SessionId = ReadSession(ref reader, version),
        };
        for (var topics = reader.ArrayLength(); topics > 0; topics--)
        {
            var name = version <= 12 ? reader.String() : "";
            var id = version >= 13 ? reader.Uuid() : Guid.Empty;
            var topic = version >= 13 ? store.Find(id) : store.Find(name);
            var asked = new AskedTopic(name, id, version >= 13 ? KafkaError.UnknownTopicId : KafkaError.UnknownTopicOrPartition, []);
            for (var partitions = reader.ArrayLength(); partitions > 0; partitions--)
                asked.Partitions.Add(ReadPartition(ref reader, version, topic));
            reader.Tags();
            fetch._topics.Add(asked);
        }
        return fetch;
    }

    // i8 isolation level: without transactions both levels read the same.
    static int ReadSession(ref KafkaReader reader, short version)
    {
        reader.Int8();
        if (version < 7)
            return 0;
        var session = reader.Int32();
        reader.Int32();
        return session;
    }

    static Asked ReadPartition(ref KafkaReader reader, short version, Topic? topic)
    {
        var index = reader.Int32();
        if (version >= 9)
            reader.Int32();
        var offset = reader.Int64();
        if (version >= 12)
            reader.Int32();
        if (version >= 5)
            reader.Int64();
        var maxBytes = reader.Int32();
        reader.Tags();
        return new Asked(index, topic is not null && (uint)index < (uint)topic.Partitions.Count ? topic.Partitions[index] : null, offset, maxBytes);
    }

    /// <summary>What there is now. Its records are to be disposed of.</summary>
    public IReadOnlyList<FetchedTopic> Take(int mostBytes) => [.. Select(mostBytes)];

    IEnumerable<FetchedTopic> Select(int mostBytes)
    {
        var left = Math.Clamp(MaxBytes, 0, mostBytes);
        var atLeastOne = true;
        foreach (var topic in _topics)
        {
            var fetched = new List<FetchedPartition>(topic.Partitions.Count);
            foreach (var asked in topic.Partitions)
            {
                var partition = Select(asked, topic.Missing, Math.Min(left, asked.MaxBytes), atLeastOne);
                fetched.Add(partition);
                left = Math.Max(0, left - partition.Records.Length);
                atLeastOne &= partition.Records.Length == 0;
            }
            yield return new FetchedTopic(topic.Name, topic.Id, fetched);
        }
    }

    static FetchedPartition Select(Asked asked, KafkaError missing, int maxBytes, bool atLeastOne)
    {
        if (asked.Partition is not { } partition)
            return new FetchedPartition(asked.Index, missing, -1, -1, default);
        try
        {
            var records = partition.Find(asked.Offset, Math.Max(maxBytes, 0), atLeastOne);
            return new FetchedPartition(asked.Index, KafkaError.None, partition.Start, partition.End, records);
        }
        catch (KafkaErrorException exception)
        {
            return new FetchedPartition(asked.Index, exception.Code, partition.Start, partition.End, default);
        }
    }
}
