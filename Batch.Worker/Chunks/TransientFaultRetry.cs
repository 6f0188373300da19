using Batch.Core.ClickHouse;
using Batch.Core.Telemetry;
using Batch.Primitives;
using Microsoft.Extensions.Options;

namespace Batch.Worker.Chunks;

/// <summary>Waits for faults that pass (ClickHouse down, read-only, too many parts, a full disk): nothing is skipped, however long.</summary>
internal sealed class TransientFaultRetry(
    ClickHouseProbe probe, WaitingRecords waiting, IOptions<WorkerOptions> options, TimeProvider time, ILogger<TransientFaultRetry> logger)
{
    static readonly TimeSpan WarnEvery = TimeSpan.FromSeconds(30);
    // With jitter, so that waiting chunks do not come back as one.
    readonly Backoff _pauses = new(options.Value.Backoff, options.Value.MaxBackoff, Jitter: 0.5);
    readonly Lock _lock = new();
    long _lastWarning;

    /// <summary>For the worker's health: throws while chunks wait, even where the probe's own table can be written (too many parts).</summary>
    /// <exception cref="ClickHouseException">Chunks wait, or there is no answer.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => waiting.Describe() is { } waits
        ? throw new ClickHouseException(ClickHouseErrors.NoAnswer, waits, isTransient: true)
        : probe.CheckAsync(cancellationToken);

    /// <summary>Does <paramref name="work"/>, again and again while its fault is not the record's own.</summary>
    public Task UntilDoneAsync(Func<Task> work, InFlightSlot slot, CancellationToken stoppingToken) =>
        UntilDoneAsync(work, fault => MayPass(fault) && !waiting.IsItsOwnFault(slot), slot, stoppingToken);

    /// <summary>The same for what must be done in the end, whatever fails meanwhile.</summary>
    public Task UntilDoneWhateverFailsAsync(Func<Task> work, InFlightSlot slot, CancellationToken stoppingToken) =>
        UntilDoneAsync(work, _ => true, slot, stoppingToken);

    /// <summary>The pause after the n-th failure.</summary>
    public Task WaitAsync(int failures, InFlightSlot slot, CancellationToken stoppingToken) =>
        slot.WaitAsideAsync(_pauses.After(failures), () => !waiting.IsFull, stoppingToken);

    /// <summary>Not by the chunk: <see cref="RowsRefusedException"/> says that its rows are at fault, and other exceptions are bugs.</summary>
    static bool MayPass(Exception fault) => fault is ClickHouseException or OutOfMemoryException or IOException;

    async Task UntilDoneAsync(Func<Task> work, Func<Exception, bool> isWaitedFor, InFlightSlot slot, CancellationToken stoppingToken)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                await work();
                return;
            }
            // A record whose partition is somebody else's by now is theirs to wait for.
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested && !slot.IsLost && isWaitedFor(fault))
            {
                // From its first fault until it is done a record waits, also while another attempt is under way.
                waiting.Failed(slot, fault);
                Warn(fault);
                RetryMetrics.Retried(RetryMetrics.ClickHouse);
                await WaitAsync(failures, slot, stoppingToken);
            }
        }
    }

    /// <summary>One line for all chunks that wait, not one for each.</summary>
    void Warn(Exception fault)
    {
        lock (_lock)
        {
            if (_lastWarning != 0 && time.GetElapsedTime(_lastWarning) < WarnEvery)
                return;
            _lastWarning = time.GetTimestamp();
        }
        WorkerLogMessages.ChunksWait(logger, waiting.Describe() ?? fault.Message, MayPass(fault) ? null : fault);
    }
}
