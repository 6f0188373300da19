using Batch.Client;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Monitoring;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.Jobs;

/// <summary>ClickHouse's clock is set an hour forward or back in mid-job: events written before it are an hour older, or in the future.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class ClockStepTests(ClickHouseProcess process) : IAsyncLifetime
{
    const int Hour = 3_600;

    readonly FakeTimeProvider _time = new();
    ClickHouseScope _scope = null!;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    JobMonitor Monitor() => new(_scope.Jobs, _scope.Writer, _time, NullLogger<JobMonitor>.Instance);

    Task HeartbeatAsync(JobKey key, int rows) => _scope.Writer.UploadProgressAsync(new JobAttempt(key, 0), rows, 1, ClickHouseScope.Soon);

    async Task<(JobState, string?)> StateAsync(JobKey key)
    {
        var job = await _scope.Jobs.GetAsync(key);
        return (job.State, job.FailureCode);
    }

    [Theory]
    [InlineData(-Hour)]
    [InlineData(Hour)]
    public async Task After_a_step_tokens_are_not_trusted(int seconds)
    {
        var key = await _scope.Writer.CreateAsync();
        Assert.False((await _scope.Jobs.PrecheckAsync(key, 0, ClickHouseScope.Soon)).SawRestart);
        await _scope.Client.AgeJobsAsync(seconds);
        Assert.True((await _scope.Jobs.PrecheckAsync(key, 0, ClickHouseScope.Soon)).SawRestart);
    }

    [Fact]
    public async Task An_upload_that_goes_on_is_not_failed_by_a_step_forward()
    {
        var monitor = Monitor();
        var key = await _scope.Writer.CreateAsync();
        await HeartbeatAsync(key, 10);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        // Its next heartbeat came before the clock was set.
        await HeartbeatAsync(key, 20);
        await _scope.Client.AgeJobsAsync(Hour);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        await HeartbeatAsync(key, 30);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        Assert.Equal((JobState.Pending, null), await StateAsync(key));
    }

    [Fact]
    public async Task An_upload_whose_API_died_fails_in_time_although_the_clock_was_set_back()
    {
        var monitor = Monitor();
        var key = await _scope.Writer.CreateAsync();
        await HeartbeatAsync(key, 10);
        await _scope.Client.AgeJobsAsync(-Hour);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        _time.Advance(TimeSpan.FromSeconds(10));
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        Assert.Equal((JobState.Pending, null), await StateAsync(key));
        _time.Advance(TimeSpan.FromSeconds(15));
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        Assert.Equal((JobState.Failed, FailureCodes.UploadInterrupted), await StateAsync(key));
    }
}
