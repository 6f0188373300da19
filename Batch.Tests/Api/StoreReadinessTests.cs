using Batch.Api.Hosting;
using Batch.Core.ClickHouse;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.Api;

[Trait("Tier", "unit")]
public sealed class StoreReadinessTests
{
    readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_request_that_comes_before_ClickHouse_waits_five_seconds_and_is_told_why()
    {
        var readiness = new StoreReadiness(_time);
        readiness.NotReady("Connection refused.");
        var waiting = readiness.EnsureAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        var fault = await Assert.ThrowsAsync<ClickHouseException>(() => waiting);
        Assert.Equal(("Connection refused.", true), (fault.Message, fault.IsTransient));
    }

    [Fact]
    public async Task A_request_that_waits_goes_on_when_ClickHouse_is_ready()
    {
        var readiness = new StoreReadiness(_time);
        var waiting = readiness.EnsureAsync(CancellationToken.None);
        readiness.Ready();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(readiness.EnsureAsync(CancellationToken.None).IsCompletedSuccessfully);
    }
}
