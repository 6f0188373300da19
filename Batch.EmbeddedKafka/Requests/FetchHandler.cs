using Batch.EmbeddedKafka.Protocol;
using Batch.EmbeddedKafka.Server;
using Batch.EmbeddedKafka.Storage;

namespace Batch.EmbeddedKafka.Requests;

/// <summary>Record batches from the offsets asked for; waits for more as long as the client allows.</summary>
/// <remarks>
/// Fetch sessions (KIP-227) are declined by answering with session 0, so every request names all of its partitions. A response has at least one
/// batch of the first partition that has any, however large, so that no consumer is stuck at one (KIP-74).
/// </remarks>
internal sealed class FetchHandler(LogStore store, TimeProvider time) : RequestHandler(ApiKey.Fetch, 4, 17, flexibleFrom: 12)
{
    // fetch.max.bytes of a broker, as Kafka's default.
    const int MaxResponseBytes = 55 << 20;
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    public override async ValueTask HandleAsync(Request request, KafkaWriter response)
    {
        var fetch = FetchRequest.Read(request, store);
        if (fetch.SessionId != 0)
        {
            Write(request.Version, response, KafkaError.FetchSessionIdNotFound, []);
            return;
        }
        var longest = TimeSpan.FromMilliseconds(Math.Clamp(fetch.MaxWaitMs, 0, (int)LongestWait.TotalMilliseconds));
        var begun = time.GetTimestamp();
        using var appended = new AppendSignal(fetch.Partitions);
        while (true)
        {
            appended.Reset();
            var taken = fetch.Take(MaxResponseBytes);
            var partitions = taken.SelectMany(topic => topic.Partitions);
            var left = longest - time.GetElapsedTime(begun);
            // A partition that is not there or an offset that is out of range: the client learns so at once.
            if (partitions.Sum(partition => (long)partition.Records.Length) >= fetch.MinBytes || left <= TimeSpan.Zero
                || partitions.Any(partition => partition.Error != KafkaError.None))
            {
                Write(request.Version, response, KafkaError.None, taken);
                return;
            }
            foreach (var partition in partitions)
                partition.Records.Dispose();
            if (!await appended.WaitAsync(left, time, request.Aborted))
                longest = TimeSpan.Zero;
        }
    }

    static void Write(short version, KafkaWriter response, KafkaError error, IReadOnlyList<FetchedTopic> topics)
    {
        response.Int32(0);
        if (version >= 7)
        {
            response.Error(error);
            response.Int32(0);
        }
        response.Array(topics.Count);
        foreach (var topic in topics)
        {
            if (version >= 13)
                response.Uuid(topic.Id);
            else
                response.String(topic.Name);
            response.Array(topic.Partitions.Count);
            foreach (var partition in topic.Partitions)
            {
                response.Int32(partition.Index);
                response.Error(partition.Error);
                response.Int64(partition.End);
                // The last stable offset: there are no transactions that could hold it back.
                response.Int64(partition.End);
                if (version >= 5)
                    response.Int64(partition.Start);
                response.Array(-1);
                if (version >= 11)
                    response.Int32(-1);
                response.Records(partition.Records);
                response.Tags();
            }
            response.Tags();
        }
        response.Tags();
    }
}
