using Batch.Core.ClickHouse;
using Microsoft.Extensions.Options;

namespace Batch.Worker.Chunks;

/// <summary>Waits for faults that pass (ClickHouse down, read-only, too many parts, a full disk): nothing is skipped, however long.</summary>
internal sealed class Patience(IOptions<WorkerOptions> options, TimeProvider time, ILogger<Patience> logger)
{
    static readonly TimeSpan WarnEvery = TimeSpan.FromSeconds(30);
    readonly WorkerOptions _options = options.Value;
    readonly Lock _lock = new();
    long _lastWarning;
    int _waiting;

    /// <summary>Chunks that wait for a fault to pass; more than none makes the worker's health "degraded".</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>The last fault in ClickHouse's words.</summary>
    public string? Reason { get; private set; }

    /// <summary>Does <paramref name="work"/>, again and again while its fault is one that passes.</summary>
    public async Task UntilDoneAsync(Func<Task> work, Place place, CancellationToken stoppingToken)
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
                Interlocked.Increment(ref _waiting);
                try
                {
                    await WaitAsync(fault, place, stoppingToken);
                }
                finally
                {
                    Interlocked.Decrement(ref _waiting);
                }
            }
        }
    }

    /// <summary>The pause after the n-th failure: doubles up to a ceiling, with jitter so that waiting chunks do not come back as one.</summary>
    public Task WaitAsync(int failures, Place place, CancellationToken stoppingToken)
    {
        var ceiling = Math.Min(_options.MaxBackoff.TotalMilliseconds, _options.Backoff.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 16) - 1));
        return place.WaitAsideAsync(TimeSpan.FromMilliseconds(ceiling * (0.5 + Random.Shared.NextDouble() / 2)), stoppingToken);
    }

    /// <summary>One line for all chunks that wait, not one for each.</summary>
    void Warn(ClickHouseException exception)
    {
        lock (_lock)
        {
            Reason = exception.Message;
            if (_lastWarning != 0 && time.GetElapsedTime(_lastWarning) < WarnEvery)
                return;
            _lastWarning = time.GetTimestamp();
        }
        WorkerLog.WaitingForClickHouse(logger, exception.Message);
    }
}
