using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Batch.Core.Log.Kafka;

internal sealed partial class KafkaOffsets
{
    static readonly TimeSpan Youngest = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Eldest = TimeSpan.FromDays(60);
    const int Refinements = 6;

    /// <summary>When the oldest of the records that wait was appended, to about a hundredth of its age; null where none waits.</summary>
    /// <remarks>
    /// No record is fetched, for it may be 16 MB: the brokers are asked for the first record at or after a time. The time goes back in doubling
    /// steps until none of the partitions has a later record than the one that waits first, and is then narrowed down.
    /// </remarks>
    /// <exception cref="LogUnavailableException">The brokers did not say.</exception>
    public async Task<DateTimeOffset?> OldestAsync(IReadOnlyList<PartitionLag> lags, CancellationToken cancellationToken)
    {
        var waiting = lags.Where(lag => lag.Behind > 0).ToDictionary(lag => KafkaPartitions.OfKafka(lag.Partition), lag => lag.Passed);
        var now = time.GetUtcNow();
        try
        {
            // The oldest record that is there: where the log has lost some, none has the offset that the group stands at.
            foreach (var first in await ListAsync(waiting.Keys.ToList(), OffsetSpec.ForTimestamp(0), cancellationToken))
            {
                var (partition, offset) = (first.TopicPartitionOffsetError.TopicPartition, first.TopicPartitionOffsetError.Offset.Value);
                if (offset < 0)
                    waiting.Remove(partition);
                else
                    waiting[partition] = Math.Max(waiting[partition], offset);
            }
            if (waiting.Count == 0)
                return null;
            // Of what waits nothing is older than the one, something may be older than the other.
            var (since, until) = (now - Youngest, now);
            for (var age = Youngest; age < Eldest; age *= 2, since = now - age)
            {
                var (oldest, isFirst) = await FirstSinceAsync(waiting, since, cancellationToken);
                if (isFirst)
                {
                    until = oldest ?? until;
                    break;
                }
                until = since;
            }
            for (var i = 0; i < Refinements && until - since > Youngest; i++)
            {
                var middle = since + ((until - since) / 2);
                var (oldest, isFirst) = await FirstSinceAsync(waiting, middle, cancellationToken);
                (since, until) = isFirst ? (middle, oldest < until ? oldest.Value : until) : (since, middle);
            }
            return until;
        }
        catch (KafkaException e)
        {
            throw KafkaFaults.Explain(health, lags[0].Partition.Topic, e.Error, e);
        }
    }

    /// <summary>The oldest record that waits and is not older than <paramref name="since"/>, and whether none that waits is older.</summary>
    async Task<(DateTimeOffset? Oldest, bool IsFirst)> FirstSinceAsync(
        Dictionary<TopicPartition, long> waiting, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var (oldest, isFirst) = (default(DateTimeOffset?), true);
        foreach (var found in await ListAsync(waiting.Keys, OffsetSpec.ForTimestamp(since.ToUnixTimeMilliseconds()), cancellationToken))
        {
            // Below zero: all of the partition's records are older.
            var offset = found.TopicPartitionOffsetError.Offset.Value;
            var next = waiting[found.TopicPartitionOffsetError.TopicPartition];
            if (offset < 0 || offset > next)
                isFirst = false;
            else if (offset == next && DateTimeOffset.FromUnixTimeMilliseconds(found.Timestamp) is var at && !(at >= oldest))
                oldest = at;
        }
        return (oldest, isFirst);
    }
}
