using Batch.Core.Faults;
using Batch.Core.Log;

namespace Batch.Worker.Chunks;

/// <summary>One member of the consumer group: takes chunks from the log, a few at a time, and commits what is done.</summary>
/// <remarks>
/// The path of one chunk: <see cref="TakeAsync"/> → <see cref="ChunkProcessor"/> (gate, validate, insert, receipt) → commit.
/// Back pressure: no chunk is read while <see cref="WorkerOptions.ChunksInFlight"/> are being processed, or several times as many small ones
/// (<see cref="InFlightLimiter"/>). A chunk that has to wait for
/// ClickHouse releases its slot and pauses its partition, so that the others continue.
/// </remarks>
internal sealed class ChunkConsumer(
    ILog log, string group, string topic, ChunkProcessor processor, TransientFaultRetry retry, WaitingRecords waiting, WorkerOptions options,
    TimeProvider time, ILogger logger, int member)
{
    static readonly TimeSpan DrainPoll = TimeSpan.FromMilliseconds(10);
    /// <summary>Chunks that were let go notice it within this time.</summary>
    static readonly TimeSpan AfterAbandon = TimeSpan.FromSeconds(2);

    readonly InFlightLimiter _limiter = new(options.ChunksInFlight);
    readonly PartitionProgress _progress = new();
    int _inHand;

    /// <summary>Runs until it is stopped, then finishes the chunks in progress.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var abandon = new CancellationTokenSource();
        ILogConsumer? consumer = null;
        try
        {
            consumer = log.Join(group, [topic]);
            consumer.Revoked += _progress.Forget;
            WorkerLogMessages.MemberStarted(logger, member);
            while (true)
                await TakeAsync(consumer, stoppingToken, abandon.Token);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await DrainAsync(abandon);
        }
        finally
        {
            // Where it has failed: what is still in hand is redelivered.
            _progress.ForgetAll();
            if (consumer is not null)
                await consumer.DisposeAsync();
            WorkerLogMessages.MemberStopped(logger, member);
        }
    }

    async Task TakeAsync(ILogConsumer consumer, CancellationToken stoppingToken, CancellationToken abandonToken)
    {
        // Room for a small chunk first; its size is known only once it is read.
        await _limiter.AcquireAsync(1, stoppingToken);
        LogRecord? record = null;
        var permits = 1;
        try
        {
            record = await consumer.ReadAsync(stoppingToken);
            FaultPoint.Reached(FaultPoint.RecordTaken);
            if (InFlightLimiter.PermitsOf(record.Value.Length) is var needed && needed > permits)
            {
                await _limiter.AcquireAsync(needed - permits, stoppingToken);
                permits = needed;
            }
        }
        catch
        {
            record?.Dispose();
            _limiter.Release(permits);
            throw;
        }
        Interlocked.Increment(ref _inHand);
        var taken = _progress.Take(record.Position);
        _ = Task.Run(() => WorkAsync(consumer, record, permits, taken, stoppingToken, abandonToken), CancellationToken.None);
    }

    async Task WorkAsync(
        ILogConsumer consumer, LogRecord record, int permits, PartitionProgress.Taken taken, CancellationToken stoppingToken, CancellationToken abandonToken)
    {
        var slot = new InFlightSlot(_limiter, permits, consumer, taken, time);
        try
        {
            // The processor turns every failure it knows into a wait or a dead letter. Whatever it does not know is no reason to forget the record.
            await retry.UntilDoneWhateverFailsAsync(() => processor.ProcessAsync(record, slot, stoppingToken, abandonToken), slot, stoppingToken);
            if (_progress.Done(taken) is { } position)
            {
                await retry.UntilDoneWhateverFailsAsync(() => consumer.CommitAsync(position, abandonToken), slot, stoppingToken);
                FaultPoint.Reached(FaultPoint.OffsetCommitted);
            }
        }
        catch (Exception exception) when (stoppingToken.IsCancellationRequested || slot.IsLost)
        {
            WorkerLogMessages.ChunkLeftUncommitted(logger, record.Position.Topic, record.Position.Partition, record.Position.Offset, exception.Message);
        }
        finally
        {
            waiting.Done(slot);
            record.Dispose();
            slot.Dispose();
            Interlocked.Decrement(ref _inHand);
        }
    }

    /// <summary>Chunks in progress may finish; after <see cref="WorkerOptions.Drain"/> they are abandoned, to be redelivered.</summary>
    async Task DrainAsync(CancellationTokenSource abandon)
    {
        await WaitUntilEmptyAsync(options.Drain);
        await abandon.CancelAsync();
        await WaitUntilEmptyAsync(AfterAbandon);
    }

    async Task WaitUntilEmptyAsync(TimeSpan timeout)
    {
        var started = time.GetTimestamp();
        while (Volatile.Read(ref _inHand) > 0 && time.GetElapsedTime(started) < timeout)
            await Task.Delay(DrainPoll, time, CancellationToken.None);
    }
}
