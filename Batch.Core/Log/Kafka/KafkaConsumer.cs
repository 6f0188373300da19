using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Batch.Core.Faults;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>One member of a group: a thread that polls, and a reader that takes what it has fetched.</summary>
/// <remarks>
/// The idea: Kafka throws a member out that does not poll, and a chunk may take as long as ClickHouse is down. So one thread does nothing
/// but poll: it takes part in rebalances, fetches a bounded amount ahead, and hands over through <see cref="KafkaAssignment"/>.
/// When the reader is slow it waits first (short stalls are common, and a pause makes librdkafka drop what it has fetched), then it pauses
/// partitions and polls on. All calls to the client are made by this thread, but for commits.
/// <para>This file reads; <c>KafkaConsumer.Polling.cs</c> is the thread.</para>
/// </remarks>
internal sealed partial class KafkaConsumer : ILogConsumer
{
    static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(15);

    readonly KafkaOptions _options;
    readonly string[] _topics;
    readonly KafkaHealth _health;
    readonly KafkaGroups _groups;
    readonly ILogger _logger;
    readonly Action<KafkaConsumer> _left;
    readonly RecordReader _values;
    readonly KafkaAssignment _assignment;
    readonly KafkaMemberFaults _faults;
    readonly KafkaPositions _positions;
    readonly KafkaCommits _commits;
    // Holds one token: a wake-up that comes while nobody waits is not lost, and many are one.
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly AutoResetEvent _room = new(false);
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile bool _stopping;
    int _disposed;

    public KafkaConsumer(
        KafkaOptions options, string group, IReadOnlyList<string> topics, int member, KafkaHealth health, KafkaOffsets offsets, KafkaGroups groups,
        LogRecordPool pool, ILogger logger, Action<KafkaConsumer> left, TimeProvider time)
    {
        (Group, Member, _options, _topics, _health, _logger, _left) = (group, member, options, [.. topics.Distinct()], health, logger, left);
        _groups = groups;
        _values = new RecordReader(pool);
        _assignment = new KafkaAssignment(_topics, options.PrefetchBytes, options.PrefetchRecords);
        _faults = new KafkaMemberFaults(options, health, group, member, _room, logger, time);
        _positions = new KafkaPositions(options, offsets, _assignment, _faults, group, logger);
        // Here, not on the thread: a property that librdkafka does not know is the caller's mistake.
        var client = NewClient();
        _commits = new KafkaCommits(_assignment, health, group, logger);
        new Thread(() => Run(client)) { Name = $"kafka {group}", IsBackground = true }.Start();
    }

    public event Action<IReadOnlyList<LogPartition>>? Revoked;

    public string Group { get; }

    /// <summary>Its number among the members of its group in this process.</summary>
    public int Member { get; }

    /// <summary>Why it does not read; null while nothing is known against it.</summary>
    public string? Fault => _faults.Fault;

    public long HeldBytes => _assignment.Bytes;

    /// <summary>Of the partitions that it holds now.</summary>
    public IEnumerable<Measurement<long>> MeasureLag() => _assignment.Lags().Select(lag => LogMetrics.Measure(lag.Behind, lag.Partition, Group));

    public async ValueTask<LogRecord> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_stopping, typeof(ILogConsumer));
            if (_assignment.TakeLost() is { } lost)
                Revoked?.Invoke(lost);
            if (_assignment.Take() is { } record)
            {
                _room.Set();
                return record;
            }
            if (await _wake.Reader.WaitToReadAsync(cancellationToken))
                _wake.Reader.TryRead(out _);
        }
    }

    public Task CommitAsync(LogPosition position, CancellationToken cancellationToken) =>
        _commits.CommitAsync(position).WaitAsync(cancellationToken);

    public void Pause(LogPartition partition)
    {
        _assignment.SetPaused(partition, true);
        _room.Set();
    }

    public void Resume(LogPartition partition)
    {
        _assignment.SetPaused(partition, false);
        _room.Set();
        _wake.Writer.TryWrite(true);
    }

    IConsumer<Ignore, LogRecordPool.Lease> NewClient() =>
        new ConsumerBuilder<Ignore, LogRecordPool.Lease>(KafkaConfigs.Consumer(_options, Group, Member))
            .SetValueDeserializer(_values)
            .SetErrorHandler((_, error) => _health.OnError(error))
            .SetLogHandler((_, message) => _health.OnLog(message))
            .SetStatisticsHandler((_, json) =>
            {
                var statistics = KafkaStatistics.Read(json);
                if (statistics.IsSettled)
                    _faults.OnTakenIn();
                _positions.Observe(statistics);
            })
            .SetPartitionsAssignedHandler((client, partitions) =>
            {
                _faults.OnTakenIn();
                _assignment.Add(partitions.Select(KafkaPartitions.OfLog));
                return _positions.WhereToStart(client, partitions);
            })
            .SetPartitionsRevokedHandler((client, partitions) =>
            {
                _positions.Forget(partitions);
                _commits.TryCommit(client.Commit, _assignment.Remove(partitions.Select(partition => KafkaPartitions.OfLog(partition.TopicPartition))));
                _wake.Writer.TryWrite(true);
            })
            .SetPartitionsLostHandler((_, partitions) =>
            {
                // Others hold them already: what is done here and not committed is redelivered there.
                _lost = true;
                _positions.Forget(partitions);
                _assignment.Remove(partitions.Select(partition => KafkaPartitions.OfLog(partition.TopicPartition)));
                _wake.Writer.TryWrite(true);
            })
            .Build();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _stopping = true;
            _room.Set();
            _wake.Writer.TryComplete();
        }
        try
        {
            await _ended.Task.WaitAsync(LeaveTimeout);
        }
        catch (TimeoutException)
        {
            _logger.LeaveTimedOut(Group);
        }
    }

    /// <summary>Copies a value out of librdkafka's memory into a pooled buffer, once.</summary>
    sealed class RecordReader(LogRecordPool pool) : IDeserializer<LogRecordPool.Lease>
    {
        public LogRecordPool.Lease Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
        {
            FaultPoint.Reached(FaultPoint.RecordRead);
            var lease = pool.Rent(data.Length);
            data.CopyTo(lease.Memory.Span);
            return lease;
        }
    }
}
