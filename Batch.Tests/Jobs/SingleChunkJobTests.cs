using System.Diagnostics;
using Batch.Client;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Monitoring;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Jobs;

/// <summary>Jobs that are one chunk: the record in the log is enough for there to be one.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class SingleChunkJobTests(ClickHouseProcess process) : IAsyncLifetime
{
    ClickHouseScope _scope = null!;
    JobReader Jobs => _scope.Jobs;
    JobWriter Writer => _scope.Writer;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    [Theory]
    [InlineData(10, 10, 0, JobState.Success)]
    [InlineData(10, 8, 2, JobState.PartialSuccess)]
    [InlineData(10, 0, 10, JobState.Failed)]
    public async Task What_the_worker_writes_is_the_whole_job(long rows, long success, long errors, JobState state)
    {
        var made = TestJobs.New(TestJobs.NewKey(), maxErrors: 50);
        await Writer.LoadedAsync(made, rows, success, errors);

        var job = await Jobs.GetAsync(made.Key);
        Assert.Equal((state, rows, success, errors, 0L), (job.State, job.Total, job.Success, job.Errors, job.Abandoned));
        Assert.Equal((made.ModelId, "purchases", 3, "a.csv", (byte)';', 50L),
            (job.ModelId, job.ModelName, job.ModelVersion, job.FileName, job.Delimiter, job.MaxErrors));
        Assert.Equal(made.HeaderLine, job.HeaderLine);
        var status = job.ToStatus(job.ReadAt);
        Assert.Equal((40L, 20L), (status.WaitingMs, status.ProcessingMs));
        Assert.Equal(status.CreatedAt.AddMilliseconds(60), status.UpdatedAt);
        Assert.Equal((state, success), ((await Jobs.StatusAsync(made.Key.TenantId, made.Key.JobId, ClickHouseScope.Soon))!.State, job.Success));
        Assert.True((await Jobs.PrecheckAsync(made.Key, 0, ClickHouseScope.Soon)).HasReceipt);

        Assert.Equal("purchases 10",
            await _scope.ScalarAsync(
                "SELECT model_name || ' ' || toString(total_rows) FROM jobs WHERE upload_ended_at IS NOT NULL AND started_at = created_at + toIntervalMillisecond(40)"));
        Assert.Equal($"0 {rows} {success} {errors} w1", await _scope.ScalarAsync(
            "SELECT concatWithSeparator(' ', ordinal, rows, success, errors, worker) FROM chunks WHERE finished_at = started_at + toIntervalMillisecond(20)"));
    }

    [Fact]
    public async Task A_worker_that_is_quick_saves_the_event_of_creation()
    {
        var made = TestJobs.New(TestJobs.NewKey());
        var accepting = Writer.AcceptSingleChunkAsync(made, 10, Stopwatch.GetTimestamp(), ClickHouseScope.Soon);
        await Writer.LoadedAsync(made, 10, 10, 0);
        Assert.Equal(JobState.Success, (await accepting).State);
        Assert.Equal("chunk", await _scope.ScalarAsync("SELECT groupArray(event)[1] FROM job_events HAVING count() = 1"));
        // Settled it has yet to be, but nothing of it is on its way.
        Assert.Equal((false, 0), (Writer.Ending.IsEmpty, Writer.OpenJobs(made.Key.TenantId)));
    }

    [Fact]
    public async Task A_job_whose_worker_takes_its_time_is_pending_and_later_what_the_worker_says()
    {
        var made = TestJobs.New(TestJobs.NewKey());
        var accepted = await Writer.AcceptSingleChunkAsync(made, 10, Stopwatch.GetTimestamp(), ClickHouseScope.Soon);
        Assert.Equal((JobState.Pending, 10L, 0L), (accepted.State, accepted.Total, accepted.Abandoned));
        Assert.Equal(1, Writer.OpenJobs(made.Key.TenantId));
        Assert.False((await Jobs.PrecheckAsync(made.Key, 0, ClickHouseScope.Soon)).HasReceipt);

        await Writer.LoadedAsync(made, 10, 9, 1);
        var job = await Jobs.GetAsync(made.Key);
        Assert.Equal((JobState.PartialSuccess, 10L, 9L, 1L), (job.State, job.Total, job.Success, job.Errors));
        // Once more, by a worker that died before it could commit: the same.
        await Writer.LoadedAsync(made, 10, 9, 1);
        Assert.Equal(9, (await Jobs.GetAsync(made.Key)).Success);
    }

    [Fact]
    public async Task A_job_cancelled_before_a_worker_came_to_it_is_cancelled_and_its_rows_are_abandoned()
    {
        var made = TestJobs.New(TestJobs.NewKey());
        await Writer.AcceptSingleChunkAsync(made, 10, Stopwatch.GetTimestamp(), ClickHouseScope.Soon);
        Assert.True(await Writer.CancelAsync(await Jobs.GetAsync(made.Key), ClickHouseScope.Soon));
        Assert.True((await Jobs.PrecheckAsync(made.Key, 0, ClickHouseScope.Soon)).JobIsOver);
        await Writer.AddReceiptAsync(TestJobs.Receipt(made.Key, 0, 10, 0, 0) with { Whole = made }, ClickHouseScope.Soon);

        var job = (await Jobs.StatusAsync(made.Key.TenantId, made.Key.JobId, ClickHouseScope.Soon))!;
        Assert.Equal((JobState.Cancelled, 10L, 0L, 0L, 10L, 1L), (job.State, job.Total, job.Success, job.Errors, job.Abandoned, job.Receipts));
        // A worker believed dead had loaded it after all: of the two receipts that one counts.
        await Writer.LoadedAsync(made, 10, 10, 0);
        job = await Jobs.GetAsync(made.Key);
        Assert.Equal((JobState.Cancelled, 10L, 0L), (job.State, job.Success, job.Abandoned));
    }

    /// <summary>The log did not say that it had the record, and a worker got it before the API could say that the upload had failed.</summary>
    [Fact]
    public async Task Rows_of_an_upload_that_failed_and_was_loaded_all_the_same_add_up()
    {
        var made = TestJobs.New(TestJobs.NewKey());
        await Writer.CreateAsync(made, ClickHouseScope.Soon);
        await Writer.FailUploadAsync(made.Key, "LOG_UNAVAILABLE", "No answer.", 0, 0, ClickHouseScope.Soon);
        await Writer.LoadedAsync(made, 10, 9, 1);
        var job = await Jobs.GetAsync(made.Key);
        Assert.Equal((JobState.Failed, "LOG_UNAVAILABLE", 10L, 9L, 1L, 0L), (job.State, job.FailureCode, job.Total, job.Success, job.Errors, job.Abandoned));
    }

    [Fact]
    public async Task A_cancel_that_comes_after_the_receipt_is_refused()
    {
        var made = TestJobs.New(TestJobs.NewKey());
        await Writer.AcceptSingleChunkAsync(made, 10, Stopwatch.GetTimestamp(), ClickHouseScope.Soon);
        var seenOpen = await Jobs.GetAsync(made.Key);
        await Writer.LoadedAsync(made, 10, 10, 0);
        Assert.False(await Writer.CancelAsync(seenOpen, ClickHouseScope.Soon));
        Assert.Equal(JobState.Success, (await Jobs.GetAsync(made.Key)).State);
    }

    [Fact]
    public async Task A_chunk_that_is_given_up_fails_its_job_even_if_that_is_not_recorded_yet()
    {
        var made = TestJobs.New(TestJobs.NewKey());
        await Writer.EnsureCreatedAsync(made, 10, ClickHouseScope.Soon);
        await Writer.EnsureCreatedAsync(made, 10, ClickHouseScope.Soon);
        await Writer.FailAsync(made.Key, FailureCodes.DeadLetter, "It cannot be read.", ClickHouseScope.Soon);
        await Writer.AddReceiptAsync(TestJobs.Receipt(made.Key, 0, 10, 0, 0) with { Whole = made }, ClickHouseScope.Soon);

        var job = Assert.Single((await Jobs.ListAsync(made.Key.TenantId, new(), ClickHouseScope.Soon)).Jobs);
        Assert.Equal((JobState.Failed, FailureCodes.DeadLetter, 10L, 10L), (job.State, job.FailureCode, job.Total, job.Abandoned));
        Assert.Equal("1", await _scope.ScalarAsync("SELECT count() FROM job_events WHERE event = 'created'"));
    }

    [Fact]
    public async Task The_receipt_of_an_older_worker_ends_the_job_too()
    {
        var made = TestJobs.New(TestJobs.NewKey());
        await Writer.AcceptSingleChunkAsync(made, 10, Stopwatch.GetTimestamp(), ClickHouseScope.Soon);
        await Writer.ReceiptAsync(made.Key, 0, 10, 10, 0);
        await new JobMonitor(Jobs, Writer, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<JobMonitor>.Instance)
            .SettleFinishedAsync(isThorough: false, ClickHouseScope.Soon);
        var job = (await Jobs.StatusAsync(made.Key.TenantId, made.Key.JobId, ClickHouseScope.Soon))!;
        Assert.Equal((JobState.Success, 10L, true), (job.State, job.Success, job.IsSettled));
    }
}
