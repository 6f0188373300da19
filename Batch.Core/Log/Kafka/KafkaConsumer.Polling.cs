using Batch.Core.Faults;
using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

internal sealed partial class KafkaConsumer
{
    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan PauseAfter = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan NameCheckInterval = TimeSpan.FromSeconds(2);

    bool _fenced;
    bool _lost;

    void Run(IConsumer<Ignore, LogRecordPool.Lease> first)
    {
        IConsumer<Ignore, LogRecordPool.Lease>? client = first;
        try
        {
            while (true)
            {
                try
                {
                    client ??= NewClient();
                    _commits.Client = client.Commit;
                    Poll(client);
                    if (_stopping)
                    {
                        Leave(client);
                        return;
                    }
                    if (_lost)
                        Close(client);
                }
                catch (Exception e)
                {
                    // Nobody foresaw it. What was fetched and not committed comes again with the next client.
                    _logger.ReadingFailed(Group, e);
                    _faults.NoteFailure(e);
                    Close(client);
                }
                Detach(client);
                client = null;
                AwaitName();
                if (_stopping)
                    return;
            }
        }
        finally
        {
            _ = _commits.StopAsync();
            _assignment.RemoveAll();
            // One that ended by itself stays, so that health tells of it.
            if (_stopping)
                _left(this);
            _ended.TrySetResult();
        }
    }

    /// <summary>All that it held is lost to it, and is delivered again to whoever gets the partitions next.</summary>
    void Detach(IConsumer<Ignore, LogRecordPool.Lease>? client)
    {
        _commits.Client = null;
        _positions.ForgetAll();
        _assignment.RemoveAll();
        _wake.Writer.TryWrite(true);
        client?.Dispose();
    }

    /// <summary>
    /// Before a client is replaced: a moment, and for a static member as long as another process has its name. Two would evict each other forever.
    /// </summary>
    void AwaitName()
    {
        _room.WaitOne(_faults.PauseBeforeNextClient());
        if (!_fenced || KafkaConfigs.InstanceOf(_options, Member) is not { } instance)
            return;
        while (!_stopping && _groups.HasInstanceAsync(Group, instance).GetAwaiter().GetResult())
        {
            _faults.OnPoll();
            _room.WaitOne(NameCheckInterval);
        }
        _fenced = false;
    }

    /// <summary>Polls until it is stopped, until the client has failed fatally, or has lost its partitions.</summary>
    /// <remarks>
    /// A client that has lost its partitions without being asked is replaced. librdkafka 2.16 may take them for still assigned: given the same ones
    /// again, it finds nothing new, reads nothing, and counts as a member all the same (seen where the broker had forgotten the group).
    /// </remarks>
    void Poll(IConsumer<Ignore, LogRecordPool.Lease> client)
    {
        _lost = false;
        client.Subscribe(_topics);
        var holdBack = false;
        var fullSince = 0L;
        while (!_stopping && !_lost)
        {
            _faults.OnPoll();
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
                    client.Pause(pause.Select(KafkaPartitions.OfKafka));
                if (resume.Count > 0)
                    client.Resume(resume.Select(KafkaPartitions.OfKafka));
                if (client.Consume(PollInterval) is { } result)
                    Deliver(result);
            }
            catch (ConsumeException e) when (e.Error.Code == ErrorCode.Local_AutoOffsetReset)
            {
                _positions.Reset(client, e.ConsumerRecord.TopicPartitionOffset);
            }
            catch (ConsumeException e) when (e.Error.Code is ErrorCode.Local_BadMsg or ErrorCode.Local_BadCompression)
            {
                var at = e.ConsumerRecord.TopicPartitionOffset;
                _logger.RecordUnreadable(at.Topic, at.Partition, at.Offset, e.Error.Reason);
                _positions.Unreadable(at.TopicPartition);
            }
            // Any other fault of our own code passes on: librdkafka would go on behind a record that could not be copied, and it would be lost.
            catch (KafkaException e) when (e.Error.Code is not (ErrorCode.Local_ValueDeserialization or ErrorCode.Local_KeyDeserialization))
            {
                if (e.Error.IsFatal)
                {
                    _fenced = e.Error.Code == ErrorCode.FencedInstanceId;
                    _faults.NoteRefusal(e.Error);
                    return;
                }
                _faults.Report(e.Error);
            }
        }
    }

    void Deliver(ConsumeResult<Ignore, LogRecordPool.Lease> result)
    {
        FaultPoint.Reached(FaultPoint.RecordFetched);
        _faults.OnRecord();
        _health.OnAnswer();
        var message = result.Message;
        _positions.Reached(result.TopicPartition, result.Offset);
        LogHeader[] headers = message.Headers is { Count: > 0 } present
            ? [.. present.Select(header => new LogHeader(header.Key, header.GetValueBytes()))]
            : [];
        _assignment.Put(new LogRecord(
            new LogPosition(result.Topic, result.Partition, result.Offset), headers, message.Value.Memory,
            new DateTimeOffset(message.Timestamp.UtcDateTime), message.Value,
            isNew: _positions.IsNew(result.TopicPartition, result.Offset)));
        _wake.Writer.TryWrite(true);
    }

    void Leave(IConsumer<Ignore, LogRecordPool.Lease> client)
    {
        // Commits under way first; then what is done and not committed goes with the revocation that leaving brings.
        if (!_commits.StopAsync().Wait(LeaveTimeout / 3))
            _logger.LeaveTimedOut(Group);
        Close(client);
        client.Dispose();
    }

    /// <summary>Leaves the group, which would otherwise wait for this member until its session times out.</summary>
    void Close(IConsumer<Ignore, LogRecordPool.Lease>? client)
    {
        try
        {
            client?.Close();
        }
        catch (Exception e)
        {
            _logger.CommitFailed(Group, e.Message);
        }
    }
}
