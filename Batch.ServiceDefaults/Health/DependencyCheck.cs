using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Batch.ServiceDefaults.Health;

/// <summary>Runs one probe within its time, and turns how it ended into a state and a reason.</summary>
sealed class DependencyCheck(Func<CancellationToken, Task> probe, TimeSpan timeout, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            // WaitAsync as well: a probe that ignores its token must not hold up the answer about all others.
            await probe(deadline.Token).WaitAsync(deadline.Token);
            return HealthCheckResult.Healthy();
        }
        catch (Exception) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Down(context, $"No answer within {timeout.TotalSeconds:0.###} s.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return Down(context, exception.Message, exception);
        }
    }

    static HealthCheckResult Down(HealthCheckContext context, string reason, Exception? exception = null) =>
        new(context.Registration.FailureStatus, reason, exception);
}
