using System.Diagnostics;
using Batch.Core.Log.Kafka;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log;

/// <summary>The log that is Redpanda, or any Kafka: for as many processes as there are.</summary>
/// <remarks>
/// Confluent.Kafka does the work; what is here keeps Batch's promises with it. Appends are idempotent and acknowledged by all in-sync
/// replicas (<see cref="KafkaProducer"/>). Topics take the largest record or are refused (<see cref="KafkaTopics"/>). A thread that only polls
/// keeps a consumer in its group however long a record takes (<see cref="KafkaConsumer"/>); commits are made by hand, and never for a
/// partition that was taken away (<see cref="KafkaCommits"/>). Brokers that are away are one line in the log (<see cref="KafkaHealth"/>).
/// Never call ListConsumerGroupsAsync: Confluent.Kafka 2.15 frees its errors twice.
/// </remarks>
public sealed class KafkaLog : ILog
{
    readonly KafkaOptions _options;
    readonly ILogger _logger;
    readonly KafkaHealth _health;
    readonly KafkaProducer _producer;
    readonly KafkaTopics _topics;
    readonly LogRecordPool _pool;
    readonly IDisposable _lagMetric;
    readonly IDisposable _queueMetric;
    readonly Lock _gate = new();
    volatile KafkaConsumer[] _consumers = [];
    int _members;

    /// <summary>Does not wait for the brokers: a process starts, and stays up, without them.</summary>
    /// <exception cref="InvalidOperationException">The native library is not there, or a property is refused; the message says which.</exception>
    public KafkaLog(KafkaOptions options, ILogger<KafkaLog> logger)
    {
        KafkaLibrary.Load();
        _options = options;
        _logger = logger;
        _health = new KafkaHealth(options.BootstrapServers ?? "", logger);
        _producer = new KafkaProducer(options, _health);
        _topics = new KafkaTopics(options, _producer, _health, logger);
        _pool = new LogRecordPool(options.MaxRecordBytes);
        _ = _producer.Admin;
        _lagMetric = LogMetrics.ObserveLag(() => _consumers.SelectMany(consumer => consumer.MeasureLag()));
        _queueMetric = LogMetrics.ObserveQueue(() =>
        [
            LogMetrics.MeasureQueue(_producer.QueuedBytes, "append"),
            LogMetrics.MeasureQueue(_consumers.Sum(consumer => consumer.HeldBytes), "read"),
        ]);
    }

    public int MaxRecordBytes => _options.MaxRecordBytes;

    public Task EnsureTopicAsync(string topic, int partitions, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        return _topics.EnsureAsync(topic, partitions, cancellationToken);
    }

    public int PartitionCount(string topic) => _topics.PartitionCount(topic);

    /// <inheritdoc/>
    /// <remarks>A cancelled append may still reach the log.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is larger than <see cref="MaxRecordBytes"/>, or there is no such partition.</exception>
    public async Task<LogPosition> AppendAsync(
        string topic, int partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partition, (uint)PartitionCount(topic), nameof(partition));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, MaxRecordBytes, nameof(value));
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        var source = new LogPartition(topic, partition);
        var position = await _producer.AppendAsync(source, headers, value, cancellationToken).ConfigureAwait(false);
        LogMetrics.Appended(source, value.Length, Stopwatch.GetElapsedTime(started));
        return position;
    }

    public ILogConsumer Join(string group, IReadOnlyList<string> topics)
    {
        foreach (var topic in topics)
            PartitionCount(topic);
        lock (_gate)
        {
            var consumer = new KafkaConsumer(_options, group, topics, _members++, _health, _pool, _logger, Forget);
            _consumers = [.. _consumers, consumer];
            return consumer;
        }
    }

    void Forget(KafkaConsumer consumer)
    {
        lock (_gate)
            _consumers = [.. _consumers.Where(other => other != consumer)];
    }

    public async Task<IReadOnlyList<PartitionLag>> LagAsync(string group, string topic, CancellationToken cancellationToken)
    {
        var partitions = Enumerable.Range(0, PartitionCount(topic)).Select(i => new TopicPartition(topic, i)).ToList();
        try
        {
            var committing = _producer.Admin.ListConsumerGroupOffsetsAsync(
                [new ConsumerGroupTopicPartitions(group, partitions)], new ListConsumerGroupOffsetsOptions { RequestTimeout = _options.RequestTimeout });
            var low = await OffsetsAsync(partitions, OffsetSpec.Earliest(), cancellationToken);
            var high = await OffsetsAsync(partitions, OffsetSpec.Latest(), cancellationToken);
            var committed = (await committing.WaitAsync(cancellationToken))[0].Partitions
                .Where(partition => partition.Offset.Value >= 0).ToDictionary(partition => partition.Partition.Value, partition => partition.Offset.Value);
            _health.OnAnswer();
            return
            [
                .. partitions.Select((partition, i) => new PartitionLag(
                    new LogPartition(topic, i), low[i], high[i], committed.TryGetValue(i, out var done) ? done : null)),
            ];
        }
        catch (KafkaException e)
        {
            var error = e is ListConsumerGroupOffsetsException { Results: [var report] } && report.Error.IsError ? report.Error : e.Error;
            throw KafkaFaults.Explain(_health, topic, error, e);
        }
    }

    async Task<Dictionary<int, long>> OffsetsAsync(List<TopicPartition> partitions, OffsetSpec which, CancellationToken cancellationToken)
    {
        var result = await _producer.Admin.ListOffsetsAsync(
            partitions.Select(partition => new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = which }),
            new ListOffsetsOptions { RequestTimeout = _options.RequestTimeout }).WaitAsync(cancellationToken);
        return result.ResultInfos.ToDictionary(
            info => info.TopicPartitionOffsetError.Partition.Value, info => info.TopicPartitionOffsetError.Offset.Value);
    }

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _topics.MetadataAsync(_topics.Any, cancellationToken);
            _health.OnAnswer();
        }
        catch (KafkaException e)
        {
            throw KafkaFaults.Explain(_health, _topics.Any ?? "", e.Error, e);
        }
        // Whoever asks has run out of patience; why there was no answer is known all the same.
        catch (OperationCanceledException e) when (_health.IsOutage)
        {
            throw _health.Unavailable(new Error(ErrorCode.Local_TimedOut), e);
        }
    }

    /// <summary>Consumers leave their groups with what was committed; appends under way get a few seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        _lagMetric.Dispose();
        _queueMetric.Dispose();
        await Task.WhenAll(_consumers.Select(consumer => consumer.DisposeAsync().AsTask()));
        await Task.Run(_producer.Dispose);
    }
}
