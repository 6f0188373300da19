using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>Where a member starts in the partitions that it is given, and where these begin and end.</summary>
/// <remarks>Called by the thread that polls, which is the only one that may call the client; but for what the brokers answer later.</remarks>
internal sealed class KafkaPositions(
    KafkaOptions options, KafkaOffsets offsets, KafkaAssignment assignment, KafkaMemberFaults faults, string group, ILogger logger)
{
    // Of the partitions held, the offset that was the next to be appended when they came.
    readonly Dictionary<TopicPartition, long> _firstNew = [];
    // The offset that each is expected to go on with; nobody leaves any out in the topics of Batch.
    readonly Dictionary<TopicPartition, long> _next = [];
    int _asking;

    /// <summary>Appended after the partition came, so that nobody has had it before.</summary>
    public bool IsNew(TopicPartition partition, Offset offset) => _firstNew.TryGetValue(partition, out var first) && offset.Value >= first;

    /// <summary>A record has come. What is missing before it was lost, or is damaged and passed over by the broker.</summary>
    public void Reached(TopicPartition partition, Offset offset)
    {
        if (_next.TryGetValue(partition, out var next) && offset.Value > next)
        {
            logger.RecordsMissing(partition.Topic, partition.Partition, next, offset.Value - 1, group);
            LogMetrics.Damaged(KafkaPartitions.OfLog(partition));
        }
        _next[partition] = offset.Value + 1;
    }

    /// <summary>librdkafka has passed over a batch that cannot be read.</summary>
    public void Unreadable(TopicPartition partition)
    {
        _next.Remove(partition);
        LogMetrics.Damaged(KafkaPartitions.OfLog(partition));
    }

    public void Forget(IEnumerable<TopicPartitionOffset> partitions)
    {
        foreach (var partition in partitions)
        {
            _firstNew.Remove(partition.TopicPartition);
            _next.Remove(partition.TopicPartition);
        }
    }

    public void ForgetAll()
    {
        _firstNew.Clear();
        _next.Clear();
    }

    /// <summary>Takes in what librdkafka says of itself now and then. Of partitions that it does not fetch from it knows no more than before.</summary>
    public void Observe(KafkaStatistics statistics)
    {
        foreach (var (partition, (start, end)) in statistics.Offsets)
            assignment.Observe(partition, start, end);
        if (assignment.Stopped() is { Count: > 0 } stopped && Interlocked.Exchange(ref _asking, 1) == 0)
            _ = AskForEndsAsync(stopped);
    }

    async Task AskForEndsAsync(List<LogPartition> partitions)
    {
        try
        {
            var ends = await offsets.EndsAsync(partitions.ConvertAll(KafkaPartitions.OfKafka), CancellationToken.None).ConfigureAwait(false);
            foreach (var (partition, end) in ends)
                assignment.Observe(KafkaPartitions.OfLog(partition), null, end);
        }
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
            // Asked again with the next statistics.
        }
        finally
        {
            Volatile.Write(ref _asking, 0);
        }
    }

    /// <summary>What was committed, and the oldest record where nothing was.</summary>
    public IEnumerable<TopicPartitionOffset> WhereToStart(IConsumer<Ignore, LogRecordPool.Lease> client, List<TopicPartition> partitions)
    {
        try
        {
            var committed = client.Committed(partitions, options.RequestTimeout);
            foreach (var at in committed.Where(at => at.Offset.Value >= 0))
                _next[at.TopicPartition] = at.Offset.Value;
            // Only of a broker that answers: the question may take as long as this one.
            LookAtOffsets(committed);
            return committed.ConvertAll(
                at => at.Offset == Offset.Unset ? new TopicPartitionOffset(at.TopicPartition, Offset.Beginning) : at);
        }
        catch (KafkaException e)
        {
            // Left to librdkafka, which asks until it is answered, and says so where nothing was committed.
            logger.ConsumeFailed(group, e.Error.Reason);
            return partitions.Select(partition => new TopicPartitionOffset(partition, Offset.Unset));
        }
    }

    /// <summary>What is appended from now on nobody has had before. Where the brokers do not say, nothing is taken for new.</summary>
    void LookAtOffsets(List<TopicPartitionOffset> committed)
    {
        try
        {
            // Nothing committed: the lag counts from the oldest record.
            var starting = offsets.StartsAsync(
                [.. committed.Where(at => at.Offset == Offset.Unset).Select(at => at.TopicPartition)], CancellationToken.None);
            var ends = offsets.EndsAsync(committed.ConvertAll(at => at.TopicPartition), CancellationToken.None).GetAwaiter().GetResult();
            var starts = starting.GetAwaiter().GetResult();
            foreach (var at in committed)
            {
                var end = ends[at.TopicPartition];
                _firstNew[at.TopicPartition] = end;
                assignment.SetOffsets(
                    KafkaPartitions.OfLog(at.TopicPartition), at.Offset.Value >= 0 ? at.Offset.Value : null,
                    starts.TryGetValue(at.TopicPartition, out var start) ? start : null, end);
            }
        }
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
            logger.ConsumeFailed(group, e.Message);
        }
    }

    /// <summary>The client does not know where to read, because what the group stands at is gone; or it could not be asked before.</summary>
    public void Reset(IConsumer<Ignore, LogRecordPool.Lease> client, TopicPartitionOffset at)
    {
        try
        {
            if (at.Offset.Value < 0)
            {
                StartAt(client, new TopicPartitionOffset(at.TopicPartition, Offset.Beginning));
                return;
            }
            var marks = client.QueryWatermarkOffsets(at.TopicPartition, options.RequestTimeout);
            if (at.Offset.Value < marks.Low.Value)
                logger.RecordsLost(at.Topic, at.Partition, at.Offset.Value, marks.Low.Value - 1, group);
            else if (at.Offset.Value > marks.High.Value)
            {
                logger.LogTruncated(at.Topic, at.Partition, marks.High.Value, at.Offset.Value, group, marks.Low.Value);
                // Other records have these offsets now: what is in hand of the former ones must not be committed among them.
                _firstNew.Remove(at.TopicPartition);
                assignment.StartOver(KafkaPartitions.OfLog(at.TopicPartition));
            }
            assignment.SetOffsets(KafkaPartitions.OfLog(at.TopicPartition), null, marks.Low.Value, marks.High.Value);
            var between = at.Offset.Value >= marks.Low.Value && at.Offset.Value <= marks.High.Value;
            StartAt(client, new TopicPartitionOffset(at.TopicPartition, between ? at.Offset : marks.Low));
        }
        catch (KafkaException e)
        {
            // Retried from the same offset; otherwise the partition would stall.
            faults.Report(e.Error);
            StartAt(client, at);
        }
    }

    /// <summary>librdkafka has stopped the partition: it can no longer be sought, only assigned again.</summary>
    void StartAt(IConsumer<Ignore, LogRecordPool.Lease> client, TopicPartitionOffset at)
    {
        _next.Remove(at.TopicPartition);
        client.IncrementalUnassign([at.TopicPartition]);
        client.IncrementalAssign([at]);
        assignment.Restarted(KafkaPartitions.OfLog(at.TopicPartition));
    }
}
