using Batch.Client;
using Batch.Core.Ids;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Jobs;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class JobEventsTests(ClickHouseProcess process) : IAsyncLifetime
{
    const string Tenant = ClickHouseScope.Tenant;
    ClickHouseScope _scope = null!;
    JobReader Jobs => _scope.Jobs;
    JobWriter Writer => _scope.Writer;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    [Fact]
    public async Task Job_comes_back_as_it_was_made_to_the_byte()
    {
        var key = TestJobs.NewKey("tenant 'x' \\ \t");
        var made = TestJobs.New(key, maxErrors: 9) with { Label = "l", SourceJobId = "s" };
        await Writer.CreateAsync(made, ClickHouseScope.Soon);
        var job = await Jobs.GetAsync(key);
        Assert.Equal(key, job.Key);
        Assert.Equal(made.HeaderLine, job.HeaderLine);
        Assert.Equal((made.ModelId, "purchases", 3, "a.csv", "l", "s", (byte)';', 9L),
            (job.ModelId, job.ModelName, job.ModelVersion, job.FileName, job.Label, job.SourceJobId, job.Delimiter, job.MaxErrors!.Value));
        Assert.Equal(JobState.Pending, job.State);
        Assert.InRange(job.ReadAt - job.CreatedAt, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Job_is_found_by_dashed_id_and_prefix_and_only_by_its_tenant()
    {
        var key = await Writer.CreateAsync();
        foreach (var text in new[] { key.JobId, Guid.Parse(key.JobId).ToString("D"), key.JobId[..8].ToUpperInvariant() })
            Assert.Equal(key.JobId, (await Jobs.FindAsync(Tenant, text, ClickHouseScope.Soon))!.JobId);
        foreach (var text in new[] { key.JobId[..3], BatchId.New(), "x", "" })
            Assert.Null(await Jobs.FindAsync(Tenant, text, ClickHouseScope.Soon));
        Assert.Null(await Jobs.FindAsync("tenant_b", key.JobId, ClickHouseScope.Soon));

        await Writer.CreateAsync(TestJobs.New(new(Tenant, key.JobId[..8] + BatchId.New()[8..])), ClickHouseScope.Soon);
        await Assert.ThrowsAsync<AmbiguousIdException>(() => Jobs.FindAsync(Tenant, key.JobId[..8], ClickHouseScope.Soon));
    }

    [Fact]
    public async Task Figures_are_the_fold_over_receipts_whatever_is_repeated_and_in_any_order()
    {
        var key = await Writer.CreateAsync();
        await Writer.UploadProgressAsync(key, 10, 1, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(key, 2, 10, 10, 0);
        await Writer.ReceiptAsync(key, 0, 10, 8, 2);
        await Writer.ReceiptAsync(key, 0, 10, 8, 2);
        Assert.Equal((JobState.Running, 20L), ((await Jobs.GetAsync(key)).State, (await Jobs.GetAsync(key)).Total));
        await Writer.UploadEndedAsync(key, 30, 3, ClickHouseScope.Soon);
        Assert.Equal(JobState.Running, (await Jobs.GetAsync(key)).State);
        await Writer.ReceiptAsync(key, 1, 10, 10, 0);
        await _scope.ExecuteAsync("OPTIMIZE TABLE job_events FINAL");
        await Writer.ReceiptAsync(key, 1, 10, 10, 0);
        await Writer.UploadEndedAsync(key, 30, 3, ClickHouseScope.Soon);
        var status = (await Jobs.GetAsync(key)).ToStatus(DateTimeOffset.UtcNow);
        Assert.Equal((JobState.PartialSuccess, 30L, 28L, 2L, 0L, 93),
            (status.State, status.Total, status.Success, status.Errors, status.Abandoned, status.Percent));
    }

    [Fact]
    public async Task Loaded_receipt_beats_an_abandoned_one_before_and_after_merging()
    {
        var key = await Writer.CreateAsync();
        await Writer.ReceiptAsync(key, 0, 10, 9, 1);
        await Writer.ReceiptAsync(key, 0, 10, 0, 0);
        for (var merged = 0; merged < 2; merged++)
        {
            var job = await Jobs.GetAsync(key);
            Assert.Equal((9L, 1L, 0L), (job.Success, job.Errors, job.Abandoned));
            await _scope.ExecuteAsync("OPTIMIZE TABLE job_events FINAL");
        }
    }

    [Fact]
    public async Task Times_are_ClickHouses_however_wrong_a_workers_clock_is()
    {
        var key = await Writer.CreateAsync();
        await Task.Delay(300);
        // The test receipts speak of the year 2001.
        await Writer.AddReceiptAsync(TestJobs.Receipt(key, 0, 1, 1, 0, milliseconds: 120), ClickHouseScope.Soon);
        await Writer.UploadEndedAsync(key, 1, 1, ClickHouseScope.Soon);
        var job = await Jobs.GetAsync(key);
        var status = job.ToStatus(job.ReadAt);
        Assert.Equal(120, status.ProcessingMs);
        Assert.InRange(status.WaitingMs, 150, 60_000);
    }

    [Fact]
    public async Task Long_chunk_makes_its_job_running_before_its_receipt_and_a_short_one_writes_nothing()
    {
        var (slow, quick) = (await Writer.CreateAsync(), await Writer.CreateAsync());
        Writer.ChunkStarted(slow);
        Writer.ChunkStarted(quick);
        await Writer.ReceiptAsync(quick, 0, 1, 1, 0);
        for (var tries = 0; (await Jobs.GetAsync(slow)).State == JobState.Pending; tries++)
        {
            Assert.InRange(tries, 0, 200);
            await Task.Delay(50);
        }
        Assert.InRange((await Jobs.GetAsync(slow)).ToStatus(DateTimeOffset.UtcNow.AddSeconds(1)).ProcessingMs, 1, 60_000);
        Assert.Equal(slow.JobId, await _scope.ScalarAsync("SELECT arrayStringConcat(groupUniqArray(job_id)) FROM job_events WHERE event = 'started'"));
        Assert.Equal("2", await _scope.ScalarAsync("SELECT uniqExact(job_id) FROM jobs WHERE started_at IS NOT NULL"));
    }

    static readonly ChunkPrecheck NothingDone = new(HasReceipt: false, JobIsOver: false, ErrorsSoFar: 0, SawRestart: false);

    [Fact]
    public async Task Gate_knows_receipts_stops_and_the_error_budget()
    {
        var key = await Writer.CreateAsync(maxErrors: 10);
        Assert.Equal(NothingDone, await Jobs.PrecheckAsync(key, 0, ClickHouseScope.Soon));
        await Writer.ReceiptAsync(key, 0, 100, 94, 6);
        Assert.Equal(NothingDone with { HasReceipt = true }, await Jobs.PrecheckAsync(key, 0, ClickHouseScope.Soon));
        Assert.Equal(NothingDone with { ErrorsSoFar = 6 }, await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon));
        await Writer.ReceiptAsync(key, 2, 100, 95, 5);
        Assert.Equal(NothingDone with { JobIsOver = true, ErrorsSoFar = 11 }, await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon));

        key = await Writer.CreateAsync();
        await Writer.ReceiptAsync(key, 0, 100, 0, 100);
        Assert.Equal(NothingDone, await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon));
        Assert.True(await Writer.CancelAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon));
        Assert.Equal(NothingDone with { JobIsOver = true }, await Jobs.PrecheckAsync(key, 1, ClickHouseScope.Soon));
        Assert.Equal(NothingDone with { HasReceipt = true, JobIsOver = true }, await Jobs.PrecheckAsync(key, 0, ClickHouseScope.Soon));

        key = await Writer.CreateAsync();
        await Writer.FailUploadAsync(key, FailureCodes.UploadInterrupted, "gone", 10, 1, ClickHouseScope.Soon);
        Assert.True((await Jobs.PrecheckAsync(key, 0, ClickHouseScope.Soon)).JobIsOver);
        // Of a job that nobody knows, nothing is known of what ClickHouse went through since.
        Assert.Equal(NothingDone with { SawRestart = true }, await Jobs.PrecheckAsync(TestJobs.NewKey(), 0, ClickHouseScope.Soon));
    }

    [Fact]
    public async Task Header_fault_and_broken_upload_fail_the_job()
    {
        var key = await Writer.CreateAsync();
        await Writer.HeaderFaultAsync(key, 800, null, ClickHouseScope.Soon);
        var job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Failed, FailureCodes.HeaderFault, 800L, 800L), (job.State, job.FailureCode, job.Total, job.Errors));

        key = await Writer.CreateAsync();
        await Writer.UploadProgressAsync(key, 900, 1, ClickHouseScope.Soon);
        await Writer.FailUploadAsync(key, FailureCodes.UploadInterrupted, "The client went away.", 500, 2, ClickHouseScope.Soon);
        job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Failed, FailureCodes.UploadInterrupted, "The client went away.", 500L, 500L),
            (job.State, job.FailureCode, job.Failure, job.Total, job.Abandoned));
    }

    [Fact]
    public async Task Same_label_at_once_makes_one_job()
    {
        var id = JobIds.OfLabel(Tenant, "order-1");
        var made = await Task.WhenAll(Enumerable.Range(0, 6).Select(async n =>
        {
            await using var other = _scope.OtherProcess();
            try
            {
                await other.Writer.CreateAsync(TestJobs.New(new(Tenant, id)) with { Label = "order-1", FileName = $"{n}.csv" }, ClickHouseScope.Soon);
                return $"{n}.csv";
            }
            catch (JobExistsException)
            {
                return null;
            }
        }));
        var winner = Assert.Single(made, name => name is not null);
        Assert.Equal(winner, (await Jobs.GetAsync(new(Tenant, id))).FileName);
    }

    [Fact]
    public async Task Open_jobs_of_a_model_are_those_that_are_not_over()
    {
        var model = BatchId.New();
        var open = await Writer.CreateAsync(modelId: model);
        var done = await Writer.CreateAsync(modelId: model);
        await Writer.UploadEndedAsync(done, 0, 0, ClickHouseScope.Soon);
        await Writer.CreateAsync();
        Assert.Equal([open], await Jobs.OpenJobsAsync(Tenant, model, ClickHouseScope.Soon));
        Assert.Empty(await Jobs.OpenJobsAsync("tenant_b", model, ClickHouseScope.Soon));
    }

    [Fact]
    public async Task Hundreds_of_jobs_a_second_share_their_inserts()
    {
        var keys = Enumerable.Range(0, 400).Select(_ => TestJobs.NewKey()).ToList();
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (key, _) =>
        {
            await Writer.CreateAsync(TestJobs.New(key), ClickHouseScope.Soon);
            await Writer.UploadEndedAsync(key, 10, 1, ClickHouseScope.Soon);
            await Writer.ReceiptAsync(key, 0, 10, 10, 0);
        });
        Assert.InRange(Writer.Inserts, 1, 3 * keys.Count / 4);
        var jobs = await Jobs.ReadAsync(keys, ClickHouseScope.Soon);
        Assert.Equal(400, jobs.Count(job => job is { State: JobState.Success, Total: 10 }));
    }
}
