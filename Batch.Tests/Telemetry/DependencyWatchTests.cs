using System.Diagnostics.Metrics;
using Batch.ServiceDefaults.Health;
using Batch.Tests.Log;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Batch.Tests.Telemetry;

[Trait("Tier", "unit")]
public sealed class DependencyWatchTests : IDisposable
{
    readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    readonly LogLines<DependencyWatch> _log = new();

    [Fact]
    public async Task What_is_down_while_the_process_starts_is_no_news_unless_it_stays_so()
    {
        Assert.Empty(await SaidAsync(false, true, true));
        Assert.Equal(["log does not work: gone"], await SaidAsync(false, false, false));
        Assert.Equal(["log does not work: gone", "log works again."], await SaidAsync(false, false, true));
    }

    [Fact]
    public async Task What_worked_and_goes_down_is_said_at_once_and_once() =>
        Assert.Equal(["log does not work: gone", "log works again.", "log does not work: gone"], await SaidAsync(true, false, false, true, false));

    /// <summary>The lines of a new watch that finds the log up or down, one look after the other.</summary>
    async Task<IReadOnlyList<string>> SaidAsync(params bool[] looks)
    {
        var before = _log.All.Count;
        var watch = new DependencyWatch(_services.GetRequiredService<IMeterFactory>(), _log);
        foreach (var isUp in looks)
        {
            var entry = new HealthReportEntry(isUp ? HealthStatus.Healthy : HealthStatus.Degraded, isUp ? null : "gone", default, null, null);
            await watch.PublishAsync(new(new Dictionary<string, HealthReportEntry> { ["log"] = entry }, default), default);
        }
        return [.. _log.All.Skip(before)];
    }

    public void Dispose() => _services.Dispose();
}
