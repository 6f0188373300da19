using Batch.Client;
using Batch.Core.ClickHouse;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Monitoring;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Log;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.Jobs;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class JobMonitorTests(ClickHouseProcess process) : IAsyncLifetime
{
    readonly LogLines<JobMonitor> _log = new();
    ClickHouseScope _scope = null!;
    JobReader Jobs => _scope.Jobs;
    JobWriter Writer => _scope.Writer;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    JobMonitor Monitor(ClickHouseScope? process = null) => new((process ?? _scope).Jobs, (process ?? _scope).Writer, TimeProvider.System, _log);

    Task AgeAsync(int seconds) => _scope.Client.AgeJobsAsync(seconds);

    [Fact]
    public async Task Job_is_settled_once_and_only_when_every_receipt_is_in()
    {
        var monitor = Monitor();
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 20, 2, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(key, 0, 10, 9, 1);
        await monitor.SettleFinishedAsync(isThorough: true, ClickHouseScope.Soon);
        Assert.False((await Jobs.GetAsync(key)).IsSettled);
        await Writer.ReceiptAsync(key, 1, 10, 10, 0);
        for (var n = 0; n < 3; n++)
            await monitor.SettleFinishedAsync(isThorough: true, ClickHouseScope.Soon);
        Assert.True((await Jobs.GetAsync(key)).IsSettled);
        Assert.True(Writer.Ending.IsEmpty);
        Assert.Equal(_log.All, _log.At(LogLevel.Information));
        Assert.Contains("ended PARTIAL_SUCCESS: 20 rows, 19 loaded, 1 rejected, 0 abandoned", Assert.Single(_log.All), StringComparison.Ordinal);
    }

    /// <summary>As after a start with a backlog: jobs that another process accepted, all of them loaded at once.</summary>
    [Fact]
    public async Task Thousands_of_finished_jobs_of_another_process_are_each_settled_once_in_one_sweep()
    {
        const int Many = 6_000;
        await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => Writer.LoadedAsync(TestJobs.New(TestJobs.NewKey()), 3, 2, 1)));
        await AgeAsync(60);
        await using var other = _scope.OtherProcess();
        var monitor = Monitor(other);

        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);

        Assert.Empty(await Jobs.UnsettledAsync(null, ClickHouseScope.Soon));
        // It has not lost its way among them: the next ones are settled too, and none of the first again.
        await Writer.LoadedAsync(TestJobs.New(TestJobs.NewKey()), 3, 2, 1);
        await AgeAsync(60);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        Assert.Empty(await Jobs.UnsettledAsync(null, ClickHouseScope.Soon));
        Assert.Equal(Many + 1, _log.All.Count);
    }

    /// <summary>
    /// Before that receipts may still be on their way from the table of an older layout, and a job whole in truth looks as if it had lost some.
    /// </summary>
    [Fact]
    public async Task It_looks_at_no_job_before_the_tables_are_in_their_current_layout()
    {
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 10, 1, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(key, 0, 10, 10, 0);
        var migrations = new ClickHouseMigrations(_scope.Client);
        using var monitor = new JobMonitor(Jobs, Writer, TimeProvider.System, _log, lost: null, migrations);
        await monitor.StartAsync(ClickHouseScope.Soon);
        await Task.Delay(1_000);
        Assert.False((await Jobs.GetAsync(key)).IsSettled);

        await migrations.ApplyAsync(ClickHouseScope.Soon);
        for (var tries = 0; !(await Jobs.GetAsync(key)).IsSettled; tries++)
        {
            Assert.InRange(tries, 0, 200);
            await Task.Delay(50);
        }
        await monitor.StopAsync(ClickHouseScope.Soon);
    }

    [Fact]
    public async Task Cancelled_job_waits_for_the_receipts_of_the_chunks_in_the_log()
    {
        var monitor = Monitor();
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 20, 2, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(key, 0, 10, 10, 0);
        Assert.True(await Writer.CancelAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon));
        await monitor.SettleFinishedAsync(isThorough: true, ClickHouseScope.Soon);
        Assert.False((await Jobs.GetAsync(key)).IsSettled);
        await Writer.ReceiptAsync(key, 1, 10, 0, 0);
        await monitor.SettleFinishedAsync(isThorough: true, ClickHouseScope.Soon);
        var job = await Jobs.GetAsync(key);
        Assert.True(job.IsSettled);
        // A worker believed dead had loaded the chunk after all.
        await Writer.ReceiptAsync(key, 1, 10, 8, 2);
        job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Cancelled, 18L, 2L, 0L), (job.State, job.Success, job.Errors, job.Abandoned));
        Assert.Equal(18, (await Jobs.ListAsync(key.TenantId, new(), ClickHouseScope.Soon)).Jobs[0].Success);
    }

    [Fact]
    public async Task Rows_that_do_not_add_up_fail_the_job_and_are_an_error_in_the_log()
    {
        var monitor = Monitor();
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 20, 1, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(key, 0, 19, 19, 0);
        await monitor.SettleFinishedAsync(isThorough: true, ClickHouseScope.Soon);
        var job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Failed, FailureCodes.ConservationBreach), (job.State, job.FailureCode));
        Assert.Contains(_log.At(LogLevel.Error), line => line.Contains("19 rows", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Upload_without_heartbeat_is_failed_and_ends_with_what_reached_the_log()
    {
        // The API that took it is another, and dead.
        var key = await Writer.CreateAsync();
        await Writer.UploadProgressAsync(key, 900, 1, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(key, 0, 300, 290, 10);
        await AgeAsync(60);
        await using var other = _scope.OtherProcess();
        var monitor = Monitor(other);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        Assert.Equal(JobState.Running, (await Jobs.GetAsync(key)).State);
        await monitor.SweepUnsettledAsync(TimeSpan.FromSeconds(10), ClickHouseScope.Soon);
        var job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Failed, FailureCodes.UploadInterrupted, 300L, 0L), (job.State, job.FailureCode, job.Total, job.Abandoned));
        Assert.True((await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon)).JobIsOver);
    }

    [Fact]
    public async Task Upload_with_a_heartbeat_is_left_alone()
    {
        var key = await Writer.CreateAsync();
        await AgeAsync(60);
        await using var other = _scope.OtherProcess();
        var monitor = Monitor(other);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        await Writer.UploadProgressAsync(key, 5, 0, ClickHouseScope.Soon);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        Assert.Equal(JobState.Pending, (await Jobs.GetAsync(key)).State);
    }

    [Fact]
    public async Task Jobs_of_a_dead_API_are_settled_by_the_next_one()
    {
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 0, 0, ClickHouseScope.Soon);
        await using var other = _scope.OtherProcess();
        var monitor = Monitor(other);
        await monitor.SweepUnsettledAsync(null, ClickHouseScope.Soon);
        Assert.False((await Jobs.GetAsync(key)).IsSettled);
        await AgeAsync(60);
        await monitor.SweepUnsettledAsync(TimeSpan.FromSeconds(10), ClickHouseScope.Soon);
        Assert.True((await Jobs.GetAsync(key)).IsSettled);
    }

    [Theory]
    [InlineData(true, JobState.Success)]
    [InlineData(false, JobState.Cancelled)]
    public async Task Stop_whose_writer_died_is_decided(bool isDone, JobState expected)
    {
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 10, 1, ClickHouseScope.Soon);
        if (isDone)
            await Writer.ReceiptAsync(key, 0, 10, 10, 0);
        await _scope.ExecuteAsync(
            $$"""INSERT INTO job_events (tenant_id, job_id, event, facts) SELECT '{{key.TenantId}}', '{{key.JobId}}', 'stop', '{"stop_id":"dead","stop_state":"CANCELLED"}'""");
        Assert.False((await Jobs.GetAsync(key)).IsOver);
        await AgeAsync(60);
        await Monitor().SettleFinishedAsync(isThorough: true, ClickHouseScope.Soon);
        Assert.Equal(expected, (await Jobs.GetAsync(key)).State);
    }

    [Fact]
    public async Task Running_monitor_settles_within_a_moment_and_survives_an_absent_ClickHouse()
    {
        using var monitor = Monitor();
        await monitor.StartAsync(ClickHouseScope.Soon);
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 0, 0, ClickHouseScope.Soon);
        for (var tries = 0; !(await Jobs.GetAsync(key)).IsSettled; tries++)
        {
            Assert.InRange(tries, 0, 200);
            await Task.Delay(50);
        }
        await monitor.StopAsync(ClickHouseScope.Soon);

        var nowhere = new JobReader(Batch.Core.ClickHouse.ClickHouseClient.Create(new() { Url = "http://127.0.0.1:1" }));
        using var waiting = new JobMonitor(nowhere, Writer, TimeProvider.System, _log);
        await waiting.StartAsync(ClickHouseScope.Soon);
        await Task.Delay(300);
        Assert.False(waiting.ExecuteTask!.IsCompleted);
        await waiting.StopAsync(ClickHouseScope.Soon);
        Assert.Single(_log.At(LogLevel.Warning));
    }
}
