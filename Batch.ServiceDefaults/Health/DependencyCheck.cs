using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Batch.ServiceDefaults.Health;

/// <summary>Runs a probe, and turns how it ended into a state and a reason.</summary>
/// <remarks>
/// One probe runs at a time and its result is good for <see cref="FreshFor"/>, however often and by how many it is asked for: a dependency that
/// hangs collects no probes, and whoever watches it is not its load. Who asks waits for <c>timeout</c> at most. A busy dependency may take longer
/// than that: it counts as it did before until the probe has ended, or has taken <see cref="GiveUpFactor"/> times as long.
/// </remarks>
sealed class DependencyCheck(Func<CancellationToken, Task> probe, TimeSpan timeout, TimeProvider time) : IHealthCheck
{
    static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(2);
    const int GiveUpFactor = 4;

    readonly Lock _gate = new();
    Task? _running;
    long _endedAt;
    bool _wasUp;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await Current().WaitAsync(timeout, time, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (exception is TimeoutException && Volatile.Read(ref _wasUp))
                return HealthCheckResult.Healthy();
            var reason = exception is TimeoutException or OperationCanceledException ? $"No answer within {timeout.TotalSeconds:0.###} s." : exception.Message;
            return new(context.Registration.FailureStatus, reason, exception);
        }
    }

    Task Current()
    {
        lock (_gate)
            return _running is { } running && !(running.IsCompleted && time.GetElapsedTime(_endedAt) >= FreshFor) ? running : _running = RunAsync();
    }

    async Task RunAsync()
    {
        using var limit = new CancellationTokenSource(timeout * GiveUpFactor, time);
        var isUp = false;
        try
        {
            // WaitAsync as well: a probe that ignores its token must not be waited for in vain.
            await probe(limit.Token).WaitAsync(limit.Token);
            isUp = true;
        }
        finally
        {
            Volatile.Write(ref _endedAt, time.GetTimestamp());
            Volatile.Write(ref _wasUp, isUp);
        }
    }
}
