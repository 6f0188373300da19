using Batch.Core.ClickHouse;
using Batch.Core.Telemetry;
using Microsoft.Extensions.Options;

namespace Batch.Worker.Chunks;

/// <summary>Waits for faults that pass (ClickHouse down, read-only, too many parts, a full disk): nothing is skipped, however long.</summary>
internal sealed class TransientFaultRetry(ClickHouseClient clickHouse, IOptions<WorkerOptions> options, TimeProvider time, ILogger<TransientFaultRetry> logger)
{
    static readonly TimeSpan WarnEvery = TimeSpan.FromSeconds(30);
    readonly WorkerOptions _options = options.Value;
    readonly Lock _lock = new();
    long _lastWarning;
    int _waiting;
    string? _reason;

    /// <summary>For the worker's health: throws while chunks wait, even where ClickHouse answers a ping (read-only, too many parts).</summary>
    /// <exception cref="ClickHouseException">Chunks wait, or there is no answer.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => Volatile.Read(ref _waiting) is var waiting and > 0
        ? throw new ClickHouseException(0, $"{waiting} chunks wait: {_reason}", isTransient: true)
        : clickHouse.PingAsync(cancellationToken);

    /// <summary>Does <paramref name="work"/>, again and again while its fault is one that passes.</summary>
    public async Task UntilDoneAsync(Func<Task> work, InFlightSlot place, CancellationToken stoppingToken)
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
                    await WaitAsync(fault, place, stoppingToken);
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

    /// <summary>The pause after the n-th failure: doubles up to a ceiling, with jitter so that waiting chunks do not come back as one.</summary>
    public Task WaitAsync(int failures, InFlightSlot place, CancellationToken stoppingToken)
    {
        var ceiling = Math.Min(_options.MaxBackoff.TotalMilliseconds, _options.Backoff.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 16) - 1));
        return place.WaitAsideAsync(TimeSpan.FromMilliseconds(ceiling * (0.5 + Random.Shared.NextDouble() / 2)), stoppingToken);
    }

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
