using Batch.ServiceDefaults.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.Telemetry;

[Trait("Tier", "unit")]
public sealed class DependencyCheckTests
{
    readonly FakeTimeProvider _time = new();

    Task<HealthCheckResult> CheckAsync(Func<CancellationToken, Task> probe, CancellationToken cancellationToken = default)
    {
        var check = new DependencyCheck(probe, TimeSpan.FromSeconds(3), _time);
        var registration = new HealthCheckRegistration("log", check, HealthStatus.Degraded, null);
        return check.CheckHealthAsync(new HealthCheckContext { Registration = registration }, cancellationToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_probe_that_does_not_answer_in_time_is_down_also_where_it_ignores_its_token(bool listens)
    {
        var checking = CheckAsync(token => listens ? Task.Delay(Timeout.Infinite, token) : new TaskCompletionSource().Task);
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(checking.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        var result = await checking.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((HealthStatus.Degraded, "No answer within 3 s."), (result.Status, result.Description));
    }

    [Fact]
    public async Task Who_asks_no_longer_is_not_told_that_the_dependency_is_down()
    {
        using var asking = new CancellationTokenSource();
        var checking = CheckAsync(token => Task.Delay(Timeout.Infinite, token), asking.Token);
        await asking.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => checking);
    }
}
