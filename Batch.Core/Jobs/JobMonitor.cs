#pragma warning disable CS9113
using Microsoft.Extensions.Hosting;

namespace Batch.Core.Jobs;

public sealed class JobMonitor(JobStore jobs) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => throw new NotImplementedException();
}
