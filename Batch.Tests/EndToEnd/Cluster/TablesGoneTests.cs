using Batch.Client;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>Tables, the database or all of ClickHouse's data vanish under running processes: what was there is gone, what comes after is as ever.</summary>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class TablesGoneTests(ClusterParts parts)
{
    const string Everything = "everything";

    [SkippableTheory]
    [InlineData("TABLE job_events", false)]
    [InlineData("TABLE rejected_rows", true)]
    [InlineData("TABLE models", true)]
    [InlineData("TABLE dead_letters, TABLE probes, TABLE schema_version, VIEW jobs", true)]
    [InlineData("DATABASE {0}", false)]
    [InlineData(Everything, false)]
    public async Task What_Batch_keeps_there_is_made_again_in_mid_job_said_and_new_jobs_are_loaded(string loss, bool keepsJobs)
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 2);
        var (first, before) = await cluster.UploadAsync();
        using var file = new PausedFile(CsvText.Rows(ClusterJobs.Rows, ClusterJobs.BadEvery), after: 20 * BatchCluster.ChunkBytes);
        var upload = cluster.Api.CreateJobAsync(new CreateJobRequest { ModelId = first.ModelId }, file, default);
        await file.UnderWay;
        string? running = null;
        await cluster.EventuallyAsync(async () => (running = (await cluster.Api.ListJobsAsync(new JobQuery(), default)).Jobs
            .FirstOrDefault(job => job.JobId != before.JobId && job.Success > 0)?.JobId) is not null, "the upload is not loaded");

        if (loss == Everything)
        {
            parts.ClickHouse.Kill9();
            Directory.Delete(parts.ClickHouse.DataFolder, recursive: true);
            await parts.ClickHouse.RestartAsync();
        }
        else
            foreach (var what in loss.Split(", "))
                await cluster.QueryAsync($"DROP {what.Replace("{0}", cluster.Database, StringComparison.Ordinal)} SYNC");

        await cluster.EventuallyAsync(
            () => Task.FromResult(cluster.Output.Contains("were gone and are made again", StringComparison.Ordinal)), "nobody says so");
        file.GoOn();
        var answer = await EndOfAsync(upload);
        Assert.Contains(keepsJobs ? "Running" : $"has lost job {running}", answer, StringComparison.Ordinal);
        var model = await cluster.UntilTakenAsync(() => cluster.Api.CreateModelAsync(CsvText.Purchases(), default));
        var (_, later) = await cluster.UntilTakenAsync(() => cluster.UploadAsync(model));
        await cluster.EndsWithEveryRowOnceAsync(later);
        Assert.True((await cluster.Api.VerifyAsync(later.JobId, default)).Consistent);
        // Nothing of the job before is tried for ever, whatever became of it.
        await cluster.EventuallyAsync(async () => await cluster.LagAsync() == 0, "chunks are left in the log");
        await cluster.EventuallyAsync(
            async () => (await cluster.ApiProcess.GetAsync("health")).StartsWith("{\"status\":\"healthy\"", StringComparison.Ordinal), "not healthy");
        if (await FindAsync(cluster, running!) is { } job)
        {
            job = await cluster.Api.WaitUntilOverAsync(job.JobId);
            Assert.Equal(job.Total, job.Success + job.Errors + job.Abandoned);
            Assert.Equal(JobState.PartialSuccess, job.State);
        }
        else
            Assert.False(keepsJobs);
    }

    [SkippableFact]
    public async Task A_models_table_dropped_in_mid_job_ends_it_FAILED_with_the_reason_and_verify_says_what_is_missing()
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 2);
        var (model, before) = await cluster.UploadAsync();
        before = await cluster.EndsWithEveryRowOnceAsync(before);
        foreach (var worker in cluster.Workers.Take(2))
            worker.Freeze();
        var (_, created) = await cluster.UploadAsync(model);
        await cluster.QueryAsync($"DROP TABLE data_{model.ModelId} SYNC");
        foreach (var worker in cluster.Workers.Take(2))
            worker.Thaw();

        var job = await cluster.Api.WaitUntilOverAsync(created.JobId, TimeSpan.FromMinutes(3));
        Assert.Equal((JobState.Failed, "MODEL_DELETED"), (job.State, job.FailureCode));
        Assert.Contains("was dropped", job.Failure, StringComparison.Ordinal);
        Assert.Equal((ClusterJobs.Rows, job.Total), (job.Total, job.Success + job.Errors + job.Abandoned));
        Assert.Equal(0, job.Success);
        var report = await cluster.Api.VerifyAsync(before.JobId, default);
        Assert.False(report.Consistent);
        Assert.Contains(report.Breaches, breach => breach.Contains($"is gone, with {before.Success} rows", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Rows_removed_from_a_finished_job_are_missed_by_verify()
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 2);
        var (model, job) = await cluster.UploadAsync();
        await cluster.EndsWithEveryRowOnceAsync(job);
        await cluster.QueryAsync($"TRUNCATE TABLE data_{model.ModelId}");
        var report = await cluster.Api.VerifyAsync(job.JobId, default);
        Assert.False(report.Consistent);
        Assert.Contains(report.Breaches, breach => breach.Contains("0 are in the table", StringComparison.Ordinal));
    }

    static async Task<string> EndOfAsync(Task<JobStatus> upload)
    {
        try
        {
            return $"{(await upload.WaitAsync(TimeSpan.FromMinutes(2))).State}";
        }
        catch (BatchApiException exception)
        {
            return $"{exception.StatusCode} {exception.Code} {exception.Message}";
        }
    }

    static async Task<JobStatus?> FindAsync(BatchCluster cluster, string jobId)
    {
        try
        {
            return await cluster.Api.GetJobAsync(jobId, default);
        }
        catch (BatchApiException exception) when (exception.Code == "JOB_NOT_FOUND")
        {
            return null;
        }
    }
}
