using Batch.Core.ClickHouse;
using Batch.Worker.Chunks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Batch.Worker.Health;

/// <summary>Degraded while chunks wait for ClickHouse, whatever it answers to a ping.</summary>
internal sealed class WorkerHealthCheck(ClickHouseClient clickHouse, Patience patience) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        if (patience.Waiting is var waiting and > 0)
            return HealthCheckResult.Degraded($"{waiting} chunks wait: {patience.Reason}");
        try
        {
            await clickHouse.PingAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (ClickHouseException exception)
        {
            return HealthCheckResult.Degraded(exception.Message);
        }
    }
}
