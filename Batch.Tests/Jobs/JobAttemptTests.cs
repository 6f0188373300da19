using Batch.Client;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Jobs;

/// <summary>A labelled load that broke off and is carried on: one job, of whose attempts only the last says how it stands.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class JobAttemptTests(ClickHouseProcess process) : IAsyncLifetime
{
    const string Tenant = ClickHouseScope.Tenant;
    const string Interrupted = FailureCodes.UploadInterrupted;
    readonly string _model = BatchId.New();
    ClickHouseScope _scope = null!;
    JobReader Jobs => _scope.Jobs;
    JobWriter Writer => _scope.Writer;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    async Task<JobKey> CreateAsync(long? maxErrors = null, string? id = null)
    {
        var key = new JobKey(Tenant, id ?? BatchId.New());
        await Writer.CreateAsync(TestJobs.New(key, _model, maxErrors) with { Label = "nightly", ChunkBytes = 1000, MaxChunkRows = 10 }, ClickHouseScope.Soon);
        return key;
    }

    Task DoneAsync(JobKey key, int ordinal, long success, long errors = 0, int attempt = 0, uint checksum = 7) => Writer.AddReceiptAsync(
        TestJobs.Receipt(key, ordinal, 10, success, errors) with { Attempt = attempt, Checksum = checksum }, ClickHouseScope.Soon);

    /// <summary>Two chunks reached the log: one was loaded, one given up.</summary>
    async Task<JobKey> BrokenOffAsync()
    {
        var key = await CreateAsync();
        await Writer.UploadProgressAsync(key, 20, 2, ClickHouseScope.Soon);
        await DoneAsync(key, 0, 9, 1);
        await Writer.FailUploadAsync(key, Interrupted, "The client went away.", 20, 2, ClickHouseScope.Soon);
        await DoneAsync(key, 1, 0);
        return key;
    }

    async Task<JobAttempt> ResumeAsync(JobKey key, long? maxErrors = null) =>
        await Writer.ResumeAsync(await Jobs.GetAsync(key), maxErrors, ClickHouseScope.Soon);

    Task MergeAsync() => _scope.ExecuteAsync("OPTIMIZE TABLE job_events FINAL");

    async Task<(JobState, long Total, long Success, long Errors, long Abandoned)> FiguresAsync(JobKey key)
    {
        var job = await Jobs.GetAsync(key);
        return (job.State, job.Total, job.Success, job.Errors, job.Abandoned);
    }

    [Fact]
    public async Task What_ended_an_attempt_counts_no_more_once_there_is_a_later_one()
    {
        var key = await BrokenOffAsync();
        Assert.Equal((JobState.Failed, 20, 9, 1, 10), await FiguresAsync(key));
        Assert.True((await Jobs.GetAsync(key)).MayBeCarriedOn);

        var upload = await ResumeAsync(key);
        Assert.Equal(new JobAttempt(key, 1), upload);
        await MergeAsync();
        Assert.Equal((JobState.Running, 10, 9, 1, 0), await FiguresAsync(key));

        await DoneAsync(key, 1, 10, attempt: 1);
        await Writer.UploadEndedAsync(upload, 30, 3, new(null, "abc"), ClickHouseScope.Soon);
        await MergeAsync();
        Assert.Equal((JobState.Running, 30, 19, 1, 0), await FiguresAsync(key));
        await DoneAsync(key, 2, 10, attempt: 1);
        var job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.PartialSuccess, 30L, 29L, 1L, "abc"), (job.State, job.Total, job.Success, job.Errors, job.Digest));
        Assert.Equal(1, job.ToStatus(job.ReadAt).Attempt);
    }

    [Fact]
    public async Task A_resumed_job_is_swept_listed_and_settled_by_its_last_attempt()
    {
        var key = await BrokenOffAsync();
        await Writer.SettleAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon);
        Assert.Equal([], await Jobs.UnsettledAsync(null, ClickHouseScope.Soon));
        Assert.Equal([], await Jobs.OpenJobsAsync(Tenant, _model, ClickHouseScope.Soon));
        Assert.Equal([key.JobId], await ListedAsync(JobState.Failed));

        var upload = await ResumeAsync(key);
        Assert.Equal([key], await Jobs.UnsettledAsync(null, ClickHouseScope.Soon));
        Assert.Equal([key], await Jobs.UnsettledAsync(TimeSpan.FromSeconds(30), ClickHouseScope.Soon));
        Assert.Equal([key], await Jobs.OpenJobsAsync(Tenant, _model, ClickHouseScope.Soon));
        Assert.Equal([key.JobId], await ListedAsync(JobState.Running));
        Assert.Empty(await ListedAsync(JobState.Failed));
        Assert.Equal("0 1", await ViewAsync("toString(settled_at IS NOT NULL) || ' ' || toString(attempt)"));

        await DoneAsync(key, 1, 10, attempt: 1);
        await Writer.UploadEndedAsync(upload, 20, 2, ClickHouseScope.Soon);
        await Writer.SettleAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon);
        await MergeAsync();
        Assert.Equal([], await Jobs.UnsettledAsync(null, ClickHouseScope.Soon));
        Assert.Equal([key.JobId], await ListedAsync(JobState.PartialSuccess));
        Assert.Empty(await ListedAsync(JobState.Failed));
        Assert.Equal("PARTIAL_SUCCESS 20 19", await ViewAsync("final_state || ' ' || toString(total_rows) || ' ' || toString(final_success)"));
    }

    /// <summary>The next attempt may be opened before the monitor has come to the one before.</summary>
    [Fact]
    public async Task A_job_whose_first_attempt_was_never_settled_is_settled_by_its_last()
    {
        var key = await BrokenOffAsync();
        var upload = await ResumeAsync(key);
        await DoneAsync(key, 1, 10, attempt: 1);
        await Writer.UploadEndedAsync(upload, 20, 2, ClickHouseScope.Soon);
        Assert.Equal([key], await Jobs.UnsettledAsync(null, ClickHouseScope.Soon));
        await Writer.SettleAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon);
        Assert.Equal([], await Jobs.UnsettledAsync(null, ClickHouseScope.Soon));
        Assert.Equal([], await Jobs.UnsettledAsync(TimeSpan.FromSeconds(30), ClickHouseScope.Soon));
    }

    [Fact]
    public async Task Of_several_requests_that_resume_a_load_one_does()
    {
        var key = await BrokenOffAsync();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            await using var other = _scope.OtherProcess();
            try
            {
                return (await other.Writer.ResumeAsync(await Jobs.GetAsync(key), null, ClickHouseScope.Soon)).Number;
            }
            catch (JobExistsException)
            {
                return 0;
            }
        }));
        Assert.Equal([0, 0, 0, 0, 1], outcomes.Order());
        Assert.Equal("1", await _scope.ScalarAsync("SELECT count() FROM job_events WHERE startsWith(event, 'resumed')"));
    }

    [Fact]
    public async Task Each_attempt_may_be_stopped()
    {
        var key = await CreateAsync();
        await DoneAsync(key, 0, 10);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Assert.True(await Writer.CancelAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon));
            await MergeAsync();
            Assert.Equal(JobState.Cancelled, (await Jobs.GetAsync(key)).State);
            Assert.True((await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon)).JobIsOver);
            Assert.Equal(attempt + 1, (await ResumeAsync(key)).Number);
            Assert.False((await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon)).JobIsOver);
        }
    }

    [Fact]
    public async Task A_stop_of_an_attempt_that_is_past_stops_the_one_that_goes_on()
    {
        var key = await BrokenOffAsync();
        var before = await Jobs.GetAsync(key);
        await ResumeAsync(key);
        await Writer.FailAsync(before.Key, FailureCodes.ModelDeleted, "Gone.", ClickHouseScope.Soon);
        Assert.Equal((JobState.Failed, FailureCodes.ModelDeleted), ((await Jobs.GetAsync(key)).State, (await Jobs.GetAsync(key)).FailureCode));
    }

    [Fact]
    public async Task Of_a_chunk_that_was_given_up_in_part_what_stands_in_the_tables_counts_until_it_comes_again()
    {
        var key = await CreateAsync();
        await DoneAsync(key, 0, 10);
        await DoneAsync(key, 1, 4);
        await Writer.FailUploadAsync(key, Interrupted, "m", 20, 2, ClickHouseScope.Soon);
        Assert.Equal((JobState.Failed, 20, 14, 0, 6), await FiguresAsync(key));

        var upload = await ResumeAsync(key);
        Assert.Equal((JobState.Running, 14, 14, 0, 0), await FiguresAsync(key));
        var loaded = await Jobs.LoadedChunksAsync(key, ClickHouseScope.Soon);
        Assert.Equal((1, 10L), (loaded.Count, loaded.Rows));
        Assert.Equal([true, false, null, null, false],
            new[] { loaded.IsDone(0, 10, 7), loaded.IsDone(1, 10, 7), loaded.IsDone(1, 10, 8), loaded.IsDone(0, 9, 7), loaded.IsDone(2, 10, 9) });
        Assert.Equal((true, false), (loaded.GoBeyond(1), loaded.GoBeyond(2)));

        await Writer.UploadEndedAsync(upload, 20, 2, ClickHouseScope.Soon);
        Assert.Equal(JobState.Running, (await Jobs.GetAsync(key)).State);
        await DoneAsync(key, 1, 10, attempt: 1);
        Assert.Equal((JobState.Success, 20, 20, 0, 0), await FiguresAsync(key));
    }

    [Fact]
    public async Task More_receipts_than_are_read_one_by_one_add_up_to_the_same()
    {
        var key = await CreateAsync();
        await Task.WhenAll(Enumerable.Range(0, 260).Select(ordinal => DoneAsync(key, ordinal, ordinal % 2 == 0 ? 9 : 0, ordinal % 2 == 0 ? 1 : 0)));
        await Writer.FailUploadAsync(key, Interrupted, "m", 2600, 260, ClickHouseScope.Soon);
        Assert.Equal((JobState.Failed, 2600, 1170, 130, 1300), await FiguresAsync(key));

        var upload = await ResumeAsync(key);
        Assert.Equal((JobState.Running, 1300, 1170, 130, 0), await FiguresAsync(key));
        await Writer.UploadEndedAsync(upload, 2600, 260, ClickHouseScope.Soon);
        await Task.WhenAll(Enumerable.Range(0, 129).Select(n => DoneAsync(key, 2 * n + 1, 10, attempt: 1)));
        Assert.Equal((JobState.Running, 2600, 2460, 130, 0), await FiguresAsync(key));
        await DoneAsync(key, 259, 10, attempt: 1);
        Assert.Equal((JobState.PartialSuccess, 2600, 2470, 130, 0), await FiguresAsync(key));
    }

    [Fact]
    public async Task The_gate_tells_what_the_current_attempt_has_to_bring_again()
    {
        var key = await BrokenOffAsync();
        Assert.True((await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon)).HasReceipt);
        await ResumeAsync(key);
        await MergeAsync();
        var (done, givenUp) = (await Jobs.PrecheckAsync(key, 0, ClickHouseScope.Soon), await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon));
        Assert.Equal((true, 1, 7u), (done.HasReceipt, done.Attempt, done.ReceiptChecksum));
        // Tokens of an attempt that was days ago are forgotten, so what stands in the tables has to be looked at.
        Assert.Equal((false, 1, 0u, true, false), (givenUp.HasReceipt, givenUp.Attempt, givenUp.ReceiptChecksum, givenUp.SawRestart, givenUp.JobIsOver));
        await DoneAsync(key, 1, 0, attempt: 1);
        Assert.True((await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon)).HasReceipt);
    }

    [Fact]
    public async Task The_new_requests_error_budget_holds_for_all_attempts_together()
    {
        var key = await CreateAsync(maxErrors: 5);
        await DoneAsync(key, 0, 4, 6);
        Assert.Equal(FailureCodes.ErrorBudgetExceeded, (await Jobs.GetAsync(key)).FailureCode);
        var upload = await ResumeAsync(key, maxErrors: 8);
        Assert.Equal(JobState.Running, (await Jobs.GetAsync(key)).State);
        await DoneAsync(key, 1, 7, 3, attempt: 1);
        Assert.Equal((FailureCodes.ErrorBudgetExceeded, 8L), ((await Jobs.GetAsync(key)).FailureCode, (await Jobs.GetAsync(key)).MaxErrors));
        Assert.Equal(1, upload.Number);
    }

    [Fact]
    public async Task A_finished_job_that_another_process_carries_on_is_not_remembered_as_finished()
    {
        var key = await CreateAsync();
        await DoneAsync(key, 0, 9, 1);
        await Writer.UploadEndedAsync(key, 10, 1, ClickHouseScope.Soon);
        var succeeded = await CreateAsync();
        await DoneAsync(succeeded, 0, 10);
        await Writer.FailUploadAsync(succeeded, Interrupted, "m", 10, 1, ClickHouseScope.Soon);
        var cancelled = await CreateAsync();
        await DoneAsync(cancelled, 0, 10);
        Assert.True(await Writer.CancelAsync(await Jobs.GetAsync(cancelled), ClickHouseScope.Soon));
        await Writer.UploadEndedAsync(cancelled, 10, 1, ClickHouseScope.Soon);
        foreach (var job in new[] { key, succeeded, cancelled })
        {
            await Writer.SettleAsync(await Jobs.GetAsync(job), ClickHouseScope.Soon);
            Assert.True((await Jobs.StatusAsync(Tenant, job.JobId, ClickHouseScope.Soon))!.IsSettled);
        }

        await using var other = _scope.OtherProcess();
        foreach (var job in new[] { succeeded, cancelled })
        {
            await other.Writer.ResumeAsync(await Jobs.GetAsync(job), null, ClickHouseScope.Soon);
            Assert.Equal(JobState.Running, (await Jobs.StatusAsync(Tenant, job.JobId, ClickHouseScope.Soon))!.State);
        }
    }

    [Fact]
    public async Task A_label_stands_for_the_newest_of_its_jobs_however_many_there_are()
    {
        Assert.Equal((null, 0), await Jobs.FindLabelledAsync(Tenant, "nightly", ClickHouseScope.Soon));
        for (var generation = 0; generation < 20; generation++)
        {
            var key = await CreateAsync(id: JobIds.OfLabel(Tenant, "nightly", generation));
            var (job, newest) = await Jobs.FindLabelledAsync(Tenant, "nightly", ClickHouseScope.Soon);
            Assert.Equal((key, generation), (job!.Key, newest));
        }
        Assert.Null((await Jobs.FindLabelledAsync("tenant_b", "nightly", ClickHouseScope.Soon)).Job);
    }

    async Task<IEnumerable<string>> ListedAsync(JobState state) =>
        (await Jobs.ListAsync(Tenant, new() { State = state }, ClickHouseScope.Soon)).Jobs.Select(job => job.JobId);

    Task<string> ViewAsync(string what) => _scope.ScalarAsync($"SELECT {what} FROM jobs");
}
