using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Kafka;

/// <summary>One member of a group: a thread that polls, and a reader that takes what it has fetched.</summary>
/// <remarks>
/// The idea: Kafka throws a member out that does not poll, and a chunk may take as long as ClickHouse is down. So one thread does nothing
/// but poll: it takes part in rebalances, fetches a bounded amount ahead, and hands over through <see cref="KafkaAssignment"/>.
/// When the reader is slow it waits first (short stalls are common, and a pause makes librdkafka drop what it has fetched), then it pauses
/// partitions and polls on. All calls to the client are made by this thread, but for commits.
/// </remarks>
internal sealed class KafkaConsumer : ILogConsumer
{
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan PauseAfter = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(15);

    readonly KafkaOptions _options;
    readonly string _group;
    readonly string[] _topics;
    readonly int _member;
    readonly KafkaHealth _health;
    readonly ILogger _logger;
    readonly Action<KafkaConsumer> _left;
    readonly RecordReader _values;
    readonly KafkaAssignment _assignment;
    readonly KafkaCommits _commits;
    // Holds one token: a wake-up that comes while nobody waits is not lost, and many are one.
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly AutoResetEvent _room = new(false);
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile Dictionary<LogPartition, long> _lags = [];
    // Of the partitions held, the offset that was the next to be appended when they came. Only the thread that polls touches it.
    readonly Dictionary<TopicPartition, long> _firstNew = [];
    string? _lastFault;
    volatile bool _stopping;
    int _disposed;

    public KafkaConsumer(
        KafkaOptions options, string group, IReadOnlyList<string> topics, int member, KafkaHealth health, LogRecordPool pool, ILogger logger,
        Action<KafkaConsumer> left)
    {
        (_options, _group, _topics, _member, _health, _logger, _left) = (options, group, [.. topics.Distinct()], member, health, logger, left);
        _values = new RecordReader(pool);
        _assignment = new KafkaAssignment(_topics, options.PrefetchBytes, options.PrefetchRecords);
        _commits = new KafkaCommits(_assignment, health, group, logger);
        // Here, not on the thread: a property that librdkafka does not know is the caller's mistake.
        var client = NewClient();
        new Thread(() => Run(client)) { Name = $"kafka {group}", IsBackground = true }.Start();
    }

    public event Action<IReadOnlyList<LogPartition>>? Revoked;

    public long HeldBytes => _assignment.Bytes;

    public IEnumerable<Measurement<long>> MeasureLag() => _lags.Select(lag => LogMetrics.Measure(lag.Value, lag.Key, _group));

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
        new ConsumerBuilder<Ignore, LogRecordPool.Lease>(KafkaConfigs.Consumer(_options, _group, _member))
            .SetValueDeserializer(_values)
            .SetErrorHandler((_, error) => _health.OnError(error))
            .SetLogHandler((_, message) => _health.OnLog(message))
            .SetStatisticsHandler((_, json) => _lags = KafkaStatistics.Lags(json))
            .SetPartitionsAssignedHandler((client, partitions) =>
            {
                _assignment.Add(partitions.Select(ToPartition));
                return WhereToStart(client, partitions);
            })
            .SetPartitionsRevokedHandler((client, partitions) =>
            {
                ForgetEnds(partitions);
                _commits.TryCommit(client, _assignment.Remove(partitions.Select(partition => ToPartition(partition.TopicPartition))));
                _wake.Writer.TryWrite(true);
            })
            .SetPartitionsLostHandler((_, partitions) =>
            {
                // Others hold them already: what is done here and not committed is redelivered there.
                ForgetEnds(partitions);
                _assignment.Remove(partitions.Select(partition => ToPartition(partition.TopicPartition)));
                _wake.Writer.TryWrite(true);
            })
            .Build();

    static LogPartition ToPartition(TopicPartition partition) => new(partition.Topic, partition.Partition);

    void Run(IConsumer<Ignore, LogRecordPool.Lease> client)
    {
        try
        {
            while (true)
            {
                _commits.Client = client;
                Poll(client);
                if (_stopping)
                {
                    Leave(client);
                    break;
                }
                _commits.Client = null;
                _firstNew.Clear();
                _assignment.RemoveAll();
                client.Dispose();
                _room.WaitOne(RetryAfter);
                client = NewClient();
            }
        }
        catch (Exception e)
        {
            _logger.ReaderStopped(_group, e);
        }
        finally
        {
            _assignment.RemoveAll();
            _ended.TrySetResult();
        }
    }

    /// <summary>Polls until it is stopped, or until the client has failed for good.</summary>
    void Poll(IConsumer<Ignore, LogRecordPool.Lease> client)
    {
        client.Subscribe(_topics);
        var holdBack = false;
        var fullSince = 0L;
        while (!_stopping)
        {
            if (!_assignment.IsFull)
                fullSince = 0;
            else if (!holdBack)
            {
                var now = Environment.TickCount64;
                fullSince = fullSince == 0 ? now : fullSince;
                var patience = fullSince + (long)PauseAfter.TotalMilliseconds - now;
                if (patience > 0)
                {
                    _room.WaitOne((int)patience);
                    continue;
                }
                holdBack = true;
            }
            if (holdBack && _assignment.HasRoom)
                holdBack = false;
            try
            {
                var (pause, resume) = _assignment.Plan(holdBack);
                if (pause.Count > 0)
                    client.Pause(pause.Select(ToTopicPartition));
                if (resume.Count > 0)
                    client.Resume(resume.Select(ToTopicPartition));
                if (client.Consume(PollInterval) is { } result)
                    Hand(result);
            }
            catch (ConsumeException e) when (e.Error.Code == ErrorCode.Local_AutoOffsetReset)
            {
                Reset(client, e.ConsumerRecord.TopicPartitionOffset);
            }
            catch (ConsumeException e) when (e.Error.Code is ErrorCode.Local_BadMsg or ErrorCode.Local_BadCompression)
            {
                var at = e.ConsumerRecord.TopicPartitionOffset;
                _logger.RecordUnreadable(at.Topic, at.Partition, at.Offset, e.Error.Reason);
                LogMetrics.Damaged(ToPartition(at.TopicPartition));
            }
            catch (KafkaException e)
            {
                if (e.Error.IsFatal)
                {
                    _health.OnError(e.Error);
                    return;
                }
                Report(e.Error);
            }
        }
    }

    static TopicPartition ToTopicPartition(LogPartition partition) => new(partition.Topic, partition.Partition);

    void Hand(ConsumeResult<Ignore, LogRecordPool.Lease> result)
    {
        _lastFault = null;
        _health.OnAnswer();
        var message = result.Message;
        LogHeader[] headers = message.Headers is { Count: > 0 } present
            ? [.. present.Select(header => new LogHeader(header.Key, header.GetValueBytes()))]
            : [];
        _assignment.Put(new LogRecord(
            new LogPosition(result.Topic, result.Partition, result.Offset), headers, message.Value.Memory,
            message.Timestamp.UtcDateTime, message.Value,
            isNew: _firstNew.TryGetValue(result.TopicPartition, out var first) && result.Offset.Value >= first));
        _wake.Writer.TryWrite(true);
    }

    /// <summary>What was committed, and the oldest record where nothing was.</summary>
    IEnumerable<TopicPartitionOffset> WhereToStart(IConsumer<Ignore, LogRecordPool.Lease> client, List<TopicPartition> partitions)
    {
        try
        {
            var start = client.Committed(partitions, _options.RequestTimeout).ConvertAll(committed =>
                committed.Offset == Offset.Unset ? new TopicPartitionOffset(committed.TopicPartition, Offset.Beginning) : committed);
            // Only of a broker that answers: each question may take as long as this one.
            LookAtEnds(client, partitions);
            return start;
        }
        catch (KafkaException e)
        {
            // Left to librdkafka, which asks until it is answered, and says so where nothing was committed.
            _logger.ConsumeFailed(_group, e.Error.Reason);
            return partitions.Select(partition => new TopicPartitionOffset(partition, Offset.Unset));
        }
    }

    /// <summary>What is appended from now on nobody has had before. Where the broker does not say, nothing is taken for new.</summary>
    void LookAtEnds(IConsumer<Ignore, LogRecordPool.Lease> client, List<TopicPartition> partitions)
    {
        try
        {
            foreach (var partition in partitions)
                _firstNew[partition] = client.QueryWatermarkOffsets(partition, _options.RequestTimeout).High.Value;
        }
        catch (KafkaException e)
        {
            _logger.ConsumeFailed(_group, e.Error.Reason);
        }
    }

    void ForgetEnds(List<TopicPartitionOffset> partitions)
    {
        foreach (var partition in partitions)
            _firstNew.Remove(partition.TopicPartition);
    }

    /// <summary>The client does not know where to read, because what the group stands at is gone; or it could not be asked before.</summary>
    void Reset(IConsumer<Ignore, LogRecordPool.Lease> client, TopicPartitionOffset at)
    {
        try
        {
            if (at.Offset.Value < 0)
            {
                StartAt(client, new TopicPartitionOffset(at.TopicPartition, Offset.Beginning));
                return;
            }
            var marks = client.QueryWatermarkOffsets(at.TopicPartition, _options.RequestTimeout);
            if (at.Offset.Value < marks.Low.Value)
                _logger.RecordsLost(at.Topic, at.Partition, at.Offset.Value, marks.Low.Value - 1, _group);
            else if (at.Offset.Value > marks.High.Value)
                _logger.LogTruncated(at.Topic, at.Partition, marks.High.Value, at.Offset.Value, _group, marks.Low.Value);
            var between = at.Offset.Value >= marks.Low.Value && at.Offset.Value <= marks.High.Value;
            StartAt(client, new TopicPartitionOffset(at.TopicPartition, between ? at.Offset : marks.Low));
        }
        catch (KafkaException e)
        {
            // Tried again from where it stood, because the partition would else stand still.
            Report(e.Error);
            StartAt(client, at);
        }
    }

    /// <summary>librdkafka has stopped the partition: it cannot be sought any more, only be taken up anew.</summary>
    void StartAt(IConsumer<Ignore, LogRecordPool.Lease> client, TopicPartitionOffset at)
    {
        client.IncrementalUnassign([at.TopicPartition]);
        client.IncrementalAssign([at]);
        _assignment.Restarted(ToPartition(at.TopicPartition));
    }

    /// <summary>One line for a fault, however often it repeats.</summary>
    void Report(Error error)
    {
        if (error.Code == ErrorCode.Local_MaxPollExceeded)
            return;
        _health.OnError(error);
        if (_lastFault != error.Reason)
            _logger.ConsumeFailed(_group, error.Reason);
        _lastFault = error.Reason;
        _room.WaitOne(RetryAfter);
    }

    void Leave(IConsumer<Ignore, LogRecordPool.Lease> client)
    {
        // Commits under way first; then what is done and not committed goes with the revocation that leaving brings.
        if (!_commits.StopAsync().Wait(LeaveTimeout / 3))
            _logger.LeaveTimedOut(_group);
        try
        {
            client.Close();
        }
        catch (KafkaException e)
        {
            _logger.CommitFailed(_group, e.Error.Reason);
        }
        client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _stopping = true;
            _room.Set();
            _wake.Writer.TryComplete();
            _left(this);
        }
        try
        {
            await _ended.Task.WaitAsync(LeaveTimeout);
        }
        catch (TimeoutException)
        {
            _logger.LeaveTimedOut(_group);
        }
    }

    /// <summary>Copies a value out of librdkafka's memory into a pooled buffer, once.</summary>
    sealed class RecordReader(LogRecordPool pool) : IDeserializer<LogRecordPool.Lease>
    {
        public LogRecordPool.Lease Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
        {
            var lease = pool.Rent(data.Length);
            data.CopyTo(lease.Memory.Span);
            return lease;
        }
    }
}
