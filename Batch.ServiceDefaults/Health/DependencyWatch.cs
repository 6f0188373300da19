using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Batch.ServiceDefaults.Health;

/// <summary>Looks at the dependencies now and then: a log line when one goes down or comes back, and a gauge to alert on.</summary>
sealed class DependencyWatch(ILogger<DependencyWatch> logger) : IHealthCheckPublisher, IDisposable
{
    static readonly Meter Meter = new("Batch.Health");

    // Process-wide, as the gauge is: hosts that share a process share their dependencies.
    static readonly ConcurrentDictionary<string, (DependencyWatch Owner, bool Up)> States = new(StringComparer.Ordinal);

    static readonly ObservableGauge<int> Up = Meter.CreateObservableGauge(
        "batch.dependency.up",
        () => States.Select(state => new Measurement<int>(state.Value.Up ? 1 : 0, new KeyValuePair<string, object?>("dependency", state.Key))),
        description: "1 where the dependency answered when last asked, 0 where it did not.");

    readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        _ = Up;
        foreach (var (name, entry) in report.Entries)
        {
            var up = entry.Status == HealthStatus.Healthy;
            States[name] = (this, up);
            var before = _seen.GetValueOrDefault(name, true);
            _seen[name] = up;
            if (before && !up)
                DependencyLog.WentDown(logger, name, entry.Description ?? "no reason given");
            else if (!before && up)
                DependencyLog.CameBack(logger, name);
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
        foreach (var (name, state) in States)
        {
            if (state.Owner == this)
                States.TryRemove(new(name, state));
        }
    }
}
