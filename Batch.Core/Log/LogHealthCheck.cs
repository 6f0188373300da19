using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Batch.Core.Log;

/// <summary>Degraded while the log does not answer: uploads are refused, chunks wait.</summary>
public sealed class LogHealthCheck(ILog log) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        try
        {
            await log.CheckAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (LogUnavailableException exception)
        {
            return HealthCheckResult.Degraded(exception.Message);
        }
    }
}
