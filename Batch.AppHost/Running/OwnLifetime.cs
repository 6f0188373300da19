using Microsoft.Extensions.Hosting;

namespace Batch.AppHost;

/// <summary>Leaves signals to <see cref="AppHostSession"/>: by default the host would stop everything at once, the log before those who write to it.</summary>
sealed class OwnLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
