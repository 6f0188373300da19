using System.Diagnostics;
using Batch.Core.Log.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log;

/// <summary>The log that is Redpanda, or any Kafka: for as many processes as there are.</summary>
/// <remarks>
/// Confluent.Kafka does the work; what is here keeps Batch's promises with it. Appends are idempotent and acknowledged by all in-sync
/// replicas (<see cref="KafkaProducer"/>). Topics take the largest record or are refused (<see cref="KafkaTopics"/>). A thread that only polls
/// keeps a consumer in its group however long a record takes (<see cref="KafkaConsumer"/>); commits are made by hand, and never for a
/// partition that was taken away (<see cref="KafkaCommits"/>). Brokers that are away are one line in the log (<see cref="KafkaHealth"/>).
/// Never call ListConsumerGroupsAsync: Confluent.Kafka frees its errors twice.
/// </remarks>
public sealed class KafkaLog : ILog
{
    readonly KafkaOptions _options;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly KafkaHealth _health;
    readonly KafkaProducer _producer;
    readonly KafkaStorage _storage;
    readonly KafkaTopics _topics;
    readonly KafkaOffsets _offsets;
    readonly KafkaGroups _groups;
    readonly LogRecordPool _pool;
    readonly IDisposable _lagMetric;
    readonly IDisposable _queueMetric;
    readonly Lock _gate = new();
    volatile KafkaConsumer[] _consumers = [];

    /// <summary>Does not wait for the brokers: a process starts, and stays up, without them.</summary>
    /// <exception cref="InvalidOperationException">The native library is not there, or a property is refused; the message says which.</exception>
    public KafkaLog(KafkaOptions options, ILogger<KafkaLog> logger, TimeProvider? time = null) : this(options, logger, null, time)
    {
    }

    /// <param name="askStorage">For brokers that cannot be asked for the state of their disk.</param>
    internal KafkaLog(KafkaOptions options, ILogger<KafkaLog> logger, Func<Task<string?>>? askStorage, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        KafkaLibrary.Load();
        _options = options;
        _time = time;
        _logger = logger;
        _health = new KafkaHealth(options.BootstrapServers ?? "", logger, time);
        _producer = new KafkaProducer(options, _health, time);
        _storage = askStorage is null ? KafkaStorage.Of(options, _producer, time) : new KafkaStorage(askStorage, time);
        _topics = new KafkaTopics(options, _producer, _health, logger);
        _offsets = new KafkaOffsets(options, _producer, _health, time);
        _groups = new KafkaGroups(options, _producer);
        _pool = new LogRecordPool(options.MaxRecordBytes);
        _ = _producer.Admin;
        _lagMetric = LogMetrics.ObserveLag(() => _consumers.SelectMany(consumer => consumer.MeasureLag()));
        _queueMetric = LogMetrics.ObserveQueue(() =>
        [
            LogMetrics.MeasureQueue(_producer.QueuedBytes, "append"),
            LogMetrics.MeasureQueue(_consumers.Sum(consumer => consumer.HeldBytes), "read"),
        ]);
    }

    /// <summary>Bytes of records being sent to the brokers.</summary>
    internal long QueuedBytes => _producer.QueuedBytes;

    public int MaxRecordBytes => _options.MaxRecordBytes;

    public Task EnsureTopicAsync(string topic, int partitions, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        return _topics.EnsureAsync(topic, partitions, cancellationToken);
    }

    public int PartitionCount(string topic) => _topics.PartitionCount(topic);

    /// <inheritdoc/>
    /// <remarks>A cancelled append, or one that has failed, may still reach the log.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is larger than <see cref="MaxRecordBytes"/>, or there is no such partition.</exception>
    public async Task<LogPosition> AppendAsync(
        string topic, int partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partition, (uint)PartitionCount(topic), nameof(partition));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, MaxRecordBytes, nameof(value));
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        var source = new LogPartition(topic, partition);
        try
        {
            var position = await _producer.AppendAsync(source, headers, value, _storage, cancellationToken).ConfigureAwait(false);
            LogMetrics.Appended(source, value.Length, Stopwatch.GetElapsedTime(started));
            return position;
        }
        catch (LogUnavailableException e) when (e is not LogFullException)
        {
            // It may be gone: librdkafka waits for it to come back, and says no more than that time is up.
            _topics.Doubt(topic);
            throw;
        }
    }

    public ILogConsumer Join(string group, IReadOnlyList<string> topics)
    {
        foreach (var topic in topics)
            PartitionCount(topic);
        lock (_gate)
        {
            // The lowest number that is free in its group: a process that starts again has the same ones, in whatever order its members join.
            var taken = _consumers.Where(other => other.Group == group).Select(other => other.Member).ToHashSet();
            var member = Enumerable.Range(0, taken.Count + 1).First(number => !taken.Contains(number));
            var consumer = new KafkaConsumer(_options, group, topics, member, _health, _offsets, _groups, _pool, _logger, Forget, _time);
            _consumers = [.. _consumers, consumer];
            return consumer;
        }
    }

    void Forget(KafkaConsumer consumer)
    {
        lock (_gate)
            _consumers = [.. _consumers.Where(other => other != consumer)];
    }

    public Task<IReadOnlyList<PartitionLag>> LagAsync(string group, string topic, CancellationToken cancellationToken) =>
        _offsets.LagAsync(group, topic, PartitionCount(topic), cancellationToken);

    public Task<DateTimeOffset?> OldestAsync(IReadOnlyList<PartitionLag> lags, CancellationToken cancellationToken) =>
        _offsets.OldestAsync(lags, cancellationToken);

    public Task<int?> MembersAsync(string group, CancellationToken cancellationToken) => _groups.MembersAsync(group, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>
    /// Looks at all that appends and consumers of this process need: brokers, topics (deleted ones are created again), the broker's disk, a
    /// producer that works, and groups that take the consumers in.
    /// </remarks>
    /// <exception cref="LogFullException">There is no room on the broker's disk.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await _topics.CheckAsync(cancellationToken);
        if (_health.Fatal is { } fatal)
            throw KafkaFaults.Fatal(_health, fatal);
        if (await _storage.ReasonAsync(cancellationToken) is { } full)
            throw KafkaFaults.Full(_health, full);
        foreach (var consumer in _consumers)
            if (consumer.Fault is { } fault)
                throw new LogUnavailableException(fault);
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
