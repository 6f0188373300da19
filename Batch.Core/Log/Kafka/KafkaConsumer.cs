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
    static readonly TimeSpan NameCheckInterval = TimeSpan.FromSeconds(2);

    readonly KafkaOptions _options;
    readonly string[] _topics;
    readonly KafkaHealth _health;
    readonly KafkaOffsets _offsets;
    readonly KafkaGroups _groups;
    readonly ILogger _logger;
    readonly Action<KafkaConsumer> _left;
    readonly RecordReader _values;
    readonly KafkaAssignment _assignment;
    readonly KafkaCommits _commits;
    // Holds one token: a wake-up that comes while nobody waits is not lost, and many are one.
    readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly AutoResetEvent _room = new(false);
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _asking;
    volatile string? _fault;
    bool _fenced;
    // Of the partitions held, the offset that was the next to be appended when they came. Only the thread that polls touches it.
    readonly Dictionary<TopicPartition, long> _firstNew = [];
    string? _lastFault;
    volatile bool _stopping;
    int _disposed;

    public KafkaConsumer(
        KafkaOptions options, string group, IReadOnlyList<string> topics, int member, KafkaHealth health, KafkaOffsets offsets, KafkaGroups groups,
        LogRecordPool pool, ILogger logger, Action<KafkaConsumer> left)
    {
        (Group, Member, _options, _topics, _health, _logger, _left) = (group, member, options, [.. topics.Distinct()], health, logger, left);
        (_offsets, _groups) = (offsets, groups);
        _values = new RecordReader(pool);
        _assignment = new KafkaAssignment(_topics, options.PrefetchBytes, options.PrefetchRecords);
        // Here, not on the thread: a property that librdkafka does not know is the caller's mistake.
        var client = NewClient();
        _commits = new KafkaCommits(_assignment, health, group, logger);
        new Thread(() => Run(client)) { Name = $"kafka {group}", IsBackground = true }.Start();
    }

    public event Action<IReadOnlyList<LogPartition>>? Revoked;

    public string Group { get; }

    /// <summary>Its number among the members of its group in this process.</summary>
    public int Member { get; }

    /// <summary>Why the group does not take it in; null while nothing is known against it.</summary>
    public string? Fault => _fault;

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
            .SetStatisticsHandler((_, json) => Observe(KafkaStatistics.Read(json)))
            .SetPartitionsAssignedHandler((client, partitions) =>
            {
                TakenIn();
                _assignment.Add(partitions.Select(ToPartition));
                return WhereToStart(client, partitions);
            })
            .SetPartitionsRevokedHandler((client, partitions) =>
            {
                ForgetEndOffsets(partitions);
                _commits.TryCommit(client.Commit, _assignment.Remove(partitions.Select(partition => ToPartition(partition.TopicPartition))));
                _wake.Writer.TryWrite(true);
            })
            .SetPartitionsLostHandler((_, partitions) =>
            {
                // Others hold them already: what is done here and not committed is redelivered there.
                ForgetEndOffsets(partitions);
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
                _commits.Client = client.Commit;
                Poll(client);
                if (_stopping)
                {
                    Leave(client);
                    break;
                }
                _commits.Client = null;
                _firstNew.Clear();
                _assignment.RemoveAll();
                _wake.Writer.TryWrite(true);
                client.Dispose();
                AwaitName();
                if (_stopping)
                    break;
                client = NewClient();
            }
        }
        catch (Exception e)
        {
            _logger.ReaderStopped(Group, e);
        }
        finally
        {
            _ = _commits.StopAsync();
            _assignment.RemoveAll();
            _left(this);
            _ended.TrySetResult();
        }
    }

    /// <summary>Before a client is replaced: a moment, and for a static member as long as another process has its name. Two would evict each other forever.</summary>
    void AwaitName()
    {
        _room.WaitOne(RetryAfter);
        if (!_fenced || KafkaConfigs.InstanceOf(_options, Member) is not { } instance)
            return;
        while (!_stopping && _groups.HasInstanceAsync(Group, instance).GetAwaiter().GetResult())
            _room.WaitOne(NameCheckInterval);
        _fenced = false;
    }

    /// <summary>Polls until it is stopped, or until the client has failed fatally.</summary>
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
                var timeout = fullSince + (long)PauseAfter.TotalMilliseconds - now;
                // Full of what the reader does not want now: nothing gets emptier by waiting, and other partitions may have what it wants.
                if (timeout > 0 && _assignment.HasNext)
                {
                    _room.WaitOne((int)timeout);
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
                    Deliver(result);
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
                    _fenced = e.Error.Code == ErrorCode.FencedInstanceId;
                    Refused(e.Error);
                    return;
                }
                Report(e.Error);
            }
        }
    }

    static TopicPartition ToTopicPartition(LogPartition partition) => new(partition.Topic, partition.Partition);

    void Deliver(ConsumeResult<Ignore, LogRecordPool.Lease> result)
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

    /// <summary>Takes in what librdkafka says of itself now and then. Of partitions that it does not fetch from it knows no more than before.</summary>
    void Observe(KafkaStatistics statistics)
    {
        if (statistics.IsSettled)
            TakenIn();
        foreach (var (partition, (start, end)) in statistics.Offsets)
            _assignment.Observe(partition, start, end);
        if (_assignment.Stopped() is { Count: > 0 } stopped && Interlocked.Exchange(ref _asking, 1) == 0)
            _ = AskForEndsAsync(stopped);
    }

    async Task AskForEndsAsync(List<LogPartition> partitions)
    {
        try
        {
            foreach (var (partition, end) in await _offsets.EndsAsync(partitions.ConvertAll(ToTopicPartition), CancellationToken.None).ConfigureAwait(false))
                _assignment.Observe(ToPartition(partition), null, end);
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
    IEnumerable<TopicPartitionOffset> WhereToStart(IConsumer<Ignore, LogRecordPool.Lease> client, List<TopicPartition> partitions)
    {
        try
        {
            var committed = client.Committed(partitions, _options.RequestTimeout);
            // Only of a broker that answers: the question may take as long as this one.
            LookAtOffsets(committed);
            return committed.ConvertAll(
                at => at.Offset == Offset.Unset ? new TopicPartitionOffset(at.TopicPartition, Offset.Beginning) : at);
        }
        catch (KafkaException e)
        {
            // Left to librdkafka, which asks until it is answered, and says so where nothing was committed.
            _logger.ConsumeFailed(Group, e.Error.Reason);
            return partitions.Select(partition => new TopicPartitionOffset(partition, Offset.Unset));
        }
    }

    /// <summary>What is appended from now on nobody has had before. Where the brokers do not say, nothing is taken for new.</summary>
    void LookAtOffsets(List<TopicPartitionOffset> committed)
    {
        try
        {
            // Nothing committed: the lag counts from the oldest record.
            var starting = _offsets.StartsAsync(
                [.. committed.Where(at => at.Offset == Offset.Unset).Select(at => at.TopicPartition)], CancellationToken.None);
            var ends = _offsets.EndsAsync(committed.ConvertAll(at => at.TopicPartition), CancellationToken.None).GetAwaiter().GetResult();
            var starts = starting.GetAwaiter().GetResult();
            foreach (var at in committed)
            {
                var end = ends[at.TopicPartition];
                _firstNew[at.TopicPartition] = end;
                _assignment.SetOffsets(
                    ToPartition(at.TopicPartition), at.Offset.Value >= 0 ? at.Offset.Value : null,
                    starts.TryGetValue(at.TopicPartition, out var start) ? start : null, end);
            }
        }
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
            _logger.ConsumeFailed(Group, e.Message);
        }
    }

    void ForgetEndOffsets(List<TopicPartitionOffset> partitions)
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
            _assignment.SetOffsets(ToPartition(at.TopicPartition), null, marks.Low.Value, marks.High.Value);
            if (at.Offset.Value < marks.Low.Value)
                _logger.RecordsLost(at.Topic, at.Partition, at.Offset.Value, marks.Low.Value - 1, Group);
            else if (at.Offset.Value > marks.High.Value)
                _logger.LogTruncated(at.Topic, at.Partition, marks.High.Value, at.Offset.Value, Group, marks.Low.Value);
            var between = at.Offset.Value >= marks.Low.Value && at.Offset.Value <= marks.High.Value;
            StartAt(client, new TopicPartitionOffset(at.TopicPartition, between ? at.Offset : marks.Low));
        }
        catch (KafkaException e)
        {
            // Retried from the same offset; otherwise the partition would stall.
            Report(e.Error);
            StartAt(client, at);
        }
    }

    /// <summary>librdkafka has stopped the partition: it can no longer be sought, only assigned again.</summary>
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
        if (!Refused(error) && _lastFault != error.Reason)
            _logger.ConsumeFailed(Group, error.Reason);
        _lastFault = error.Reason;
        _room.WaitOne(RetryAfter);
    }

    /// <summary>Notes an error that says why the group does not take this member in; one line, however often it repeats.</summary>
    bool Refused(Error error)
    {
        var fault = KafkaFaults.ExplainGroup(_health, _options, Group, KafkaConfigs.InstanceOf(_options, Member), error);
        if (fault is null)
        {
            _health.OnError(error);
            return false;
        }
        if (_fault != fault)
            _logger.MemberRefused(fault);
        _fault = fault;
        return true;
    }

    void TakenIn()
    {
        if (_fault is null)
            return;
        _fault = null;
        _logger.MemberTakenIn(Group);
    }

    void Leave(IConsumer<Ignore, LogRecordPool.Lease> client)
    {
        // Commits under way first; then what is done and not committed goes with the revocation that leaving brings.
        if (!_commits.StopAsync().Wait(LeaveTimeout / 3))
            _logger.LeaveTimedOut(Group);
        try
        {
            client.Close();
        }
        catch (KafkaException e)
        {
            _logger.CommitFailed(Group, e.Error.Reason);
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
            var lease = pool.Rent(data.Length);
            data.CopyTo(lease.Memory.Span);
            return lease;
        }
    }
}
