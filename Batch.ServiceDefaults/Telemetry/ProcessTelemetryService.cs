using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Batch.ServiceDefaults.Telemetry;

/// <summary>Keeps the process's telemetry running from before this host's first service starts until after its last one has stopped.</summary>
sealed class ProcessTelemetryService(IConfiguration configuration, string serviceName) : IHostedLifecycleService, IDisposable
{
    IDisposable? _membership;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _membership = ProcessTelemetry.Join(configuration, serviceName);
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => Interlocked.Exchange(ref _membership, null)?.Dispose();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
