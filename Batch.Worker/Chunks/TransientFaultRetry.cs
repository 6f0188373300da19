using Batch.Core.ClickHouse;
using Batch.Core.Telemetry;
using Batch.Primitives;
using Microsoft.Extensions.Options;

namespace Batch.Worker.Chunks;

/// <summary>Waits for faults that pass (ClickHouse down, read-only, too many parts, a full disk): nothing is skipped, however long.</summary>
internal sealed class TransientFaultRetry(ClickHouseProbe probe, IOptions<WorkerOptions> options, TimeProvider time, ILogger<TransientFaultRetry> logger)
{
    static readonly TimeSpan WarnEvery = TimeSpan.FromSeconds(30);
    // With jitter, so that waiting chunks do not come back as one.
    readonly Backoff _pauses = new(options.Value.Backoff, options.Value.MaxBackoff, Jitter: 0.5);
    readonly Lock _lock = new();
    long _lastWarning;
    int _waiting;
    string? _reason;

    /// <summary>For the worker's health: throws while chunks wait, even where the probe's own table can be written (too many parts).</summary>
    /// <exception cref="ClickHouseException">Chunks wait, or there is no answer.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => Volatile.Read(ref _waiting) is var waiting and > 0
        ? throw new ClickHouseException(0, $"{waiting} chunks wait: {_reason}", isTransient: true)
        : probe.CheckAsync(cancellationToken);

    /// <summary>Does <paramref name="work"/>, again and again while its fault is one that passes.</summary>
    public async Task UntilDoneAsync(Func<Task> work, InFlightSlot slot, CancellationToken stoppingToken)
    {
        // From its first fault until it is done a chunk waits, also while another attempt is under way.
        var waits = false;
        try
        {
            for (var fault = 1; ; fault++)
            {
                try
                {
                    await work();
                    return;
                }
                catch (ClickHouseException exception) when (exception.IsTransient)
                {
                    Warn(exception);
                    RetryMetrics.Retried(RetryMetrics.ClickHouse);
                    if (!waits)
                    {
                        waits = true;
                        Interlocked.Increment(ref _waiting);
                        ChunkMetrics.SetAside();
                    }
                    await WaitAsync(fault, slot, stoppingToken);
                }
            }
        }
        finally
        {
            if (waits)
            {
                Interlocked.Decrement(ref _waiting);
                ChunkMetrics.TakenUpAgain();
            }
        }
    }

    /// <summary>The pause after the n-th failure.</summary>
    public Task WaitAsync(int failures, InFlightSlot slot, CancellationToken stoppingToken) =>
        slot.WaitAsideAsync(_pauses.After(failures), stoppingToken);

    /// <summary>One line for all chunks that wait, not one for each.</summary>
    void Warn(ClickHouseException exception)
    {
        lock (_lock)
        {
            _reason = exception.Message;
            if (_lastWarning != 0 && time.GetElapsedTime(_lastWarning) < WarnEvery)
                return;
            _lastWarning = time.GetTimestamp();
        }
        WorkerLogMessages.WaitingForClickHouse(logger, exception.Message);
    }
}
