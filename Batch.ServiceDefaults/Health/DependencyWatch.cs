using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Batch.ServiceDefaults.Health;

/// <summary>Looks at the dependencies now and then: a log line when one goes down or comes back, and a gauge to alert on.</summary>
sealed class DependencyWatch : IHealthCheckPublisher
{
    readonly ConcurrentDictionary<string, bool> _up = new(StringComparer.Ordinal);
    readonly HashSet<string> _saidDown = new(StringComparer.Ordinal);
    readonly ILogger<DependencyWatch> _logger;

    public DependencyWatch(IMeterFactory meters, ILogger<DependencyWatch> logger)
    {
        _logger = logger;
        meters.Create("Batch.Health").CreateObservableGauge(
            "batch.dependency.up",
            () => _up.Select(state => new Measurement<int>(state.Value ? 1 : 0, new KeyValuePair<string, object?>("dependency", state.Key))),
            description: "1 if the dependency worked when last checked, else 0.");
    }

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var (name, entry) in report.Entries)
        {
            var up = entry.Status == HealthStatus.Healthy;
            // Down at the first look: it or this process may be starting, and that is worth a line only if it stays so.
            var isFirst = !_up.ContainsKey(name);
            _up[name] = up;
            if (up && _saidDown.Remove(name))
                DependencyLogMessages.CameBack(_logger, name);
            else if (!up && !isFirst && _saidDown.Add(name))
                DependencyLogMessages.WentDown(_logger, name, entry.Description ?? "no reason given");
        }

        return Task.CompletedTask;
    }
}
