using Batch.EmbeddedKafka.Batches;
using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Appends record batches. Answers when they are on the disk, for acks=1 as for acks=all: there is one replica.</summary>
/// <remarks>
/// Versions 0 to 2 carry message sets of a format that is not stored any more; they are announced all the same, as Kafka 4 does, because
/// librdkafka takes their absence for a broker that knows no compression (KIP-896).
/// </remarks>
internal sealed class ProduceHandler(LogStore store) : RequestHandler(ApiKey.Produce, 0, 11, flexibleFrom: 9)
{
    sealed record Target(string Topic, int Partition, Task<AppendResult> Append);

    public override async ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var (acks, targets, topics) = Begin(request);
        await Task.WhenAll(targets.Select(target => (Task)target.Append)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (acks == 0)
        {
            // Nobody reads an answer: a closed connection is how such a producer learns of an error.
            if (targets.Find(target => !target.Append.IsCompletedSuccessfully) is { } failed)
                throw new MalformedRequestException($"Records for {failed.Topic}/{failed.Partition}, sent with acks=0, could not be appended.");
            return;
        }

        var version = request.Version;
        response.Array(topics.Count);
        var next = 0;
        foreach (var (name, partitions) in topics)
        {
            response.String(name);
            response.Array(partitions);
            for (var i = 0; i < partitions; i++)
                Write(response, version, targets[next++]);
            response.Tags();
        }
        if (version >= 1)
            response.Int32(0);
        response.Tags();
    }

    /// <summary>Starts every append, in the order of the request.</summary>
    (short Acks, List<Target> Targets, List<(string Name, int Partitions)> Topics) Begin(Request request)
    {
        var reader = request.Read();
        var isTransactional = request.Version >= 3 && reader.NullableString() is not null;
        var acks = reader.Int16();
        reader.Int32();
        var targets = new List<Target>();
        var topics = new List<(string, int)>();
        for (var topicCount = reader.ArrayLength(); topicCount > 0; topicCount--)
        {
            var name = reader.String();
            var topic = store.Find(name);
            var partitions = reader.ArrayLength();
            topics.Add((name, Math.Max(partitions, 0)));
            for (var i = 0; i < partitions; i++)
            {
                var index = reader.Int32();
                var (start, length) = reader.Bytes();
                reader.Tags();
                var records = request.Body.Slice(start, Math.Max(length, 0));
                targets.Add(new Target(name, index, Append(topic, index, records, acks, isTransactional, request.Version)));
            }
            reader.Tags();
        }
        return (acks, targets, topics);
    }

    static Task<AppendResult> Append(Topic? topic, int index, Memory<byte> records, short acks, bool isTransactional, short version)
    {
        if (acks is < -1 or > 1)
            return Refuse(KafkaError.InvalidRequiredAcks, $"acks={acks} is not one of -1, 0 and 1.");
        if (isTransactional)
            return Refuse(KafkaError.TransactionalIdAuthorizationFailed, "Transactions are not supported by this broker.");
        if (topic is null || (uint)index >= (uint)topic.Partitions.Count)
            return Refuse(KafkaError.UnknownTopicOrPartition, "There is no such topic or partition.");
        if (version < 3)
            return Refuse(KafkaError.UnsupportedForMessageFormat, "Message sets (magic 0 and 1) are not stored: record batches (magic 2) are.");
        var error = RecordBatch.Validate(records.Span, topic.Settings.MaxMessageBytes, out var reason);
        return error == KafkaError.None
            ? topic.Partitions[index].AppendAsync(records, CancellationToken.None)
            : Refuse(error, reason ?? "");
    }

    static Task<AppendResult> Refuse(KafkaError error, string reason) => Task.FromException<AppendResult>(new KafkaErrorException(error, reason));

    static void Write(KafkaWriter response, short version, Target target)
    {
        var append = target.Append;
        var done = append.IsCompletedSuccessfully ? append.Result : default;
        var (error, reason) = append.Exception?.InnerException switch
        {
            null => (KafkaError.None, null),
            KafkaErrorException refusal => (refusal.Code, refusal.Message),
            var fault => (KafkaError.UnknownServerError, fault.Message),
        };
        response.Int32(target.Partition);
        response.Error(error);
        response.Int64(error == KafkaError.None ? done.BaseOffset : -1);
        if (version >= 2)
            response.Int64(-1);
        if (version >= 5)
            response.Int64(error == KafkaError.None ? done.LogStartOffset : -1);
        if (version >= 8)
        {
            response.Array(0);
            response.String(reason);
        }
        response.Tags();
    }
}
