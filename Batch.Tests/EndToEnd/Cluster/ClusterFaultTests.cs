using Batch.Client;
using Batch.Core.Faults;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>Every process of a cluster dies, stops or fails in the middle of a job; afterwards every row is there once.</summary>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class ClusterFaultTests(ClusterParts parts)
{
    const int Middle = 10;

    [SkippableTheory]
    [InlineData(FaultPoint.ChunkTaken)]
    [InlineData(FaultPoint.DataInserted)]
    [InlineData(FaultPoint.RejectsInserted)]
    [InlineData(FaultPoint.ReceiptInserted)]
    public async Task A_worker_killed_there_leaves_its_chunks_to_the_others(string point)
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 0);
        await Task.WhenAll(
            cluster.Workers[0].StartAsync($"{point}@5=kill"), cluster.Workers[1].StartAsync(), cluster.Workers[2].StartAsync());
        var (_, created) = await cluster.UploadAsync();
        await cluster.Workers[0].WaitForExitAsync();
        await cluster.EndsWithEveryRowOnceAsync(created);
    }

    [SkippableFact]
    public async Task All_workers_killed_at_once_carry_on_when_they_are_started_again()
    {
        await using var cluster = await BatchCluster.StartAsync(parts);
        var (_, created) = await cluster.UploadAsync();
        await cluster.WaitForChunksAsync(created.JobId, Middle);
        foreach (var worker in cluster.Workers)
            worker.Kill9();
        await Task.WhenAll(cluster.Workers.Select(worker => worker.StartAsync()));
        await cluster.EndsWithEveryRowOnceAsync(created);
    }

    /// <remarks>It stops between the insert and the receipt, past its session timeout: to Kafka it is dead, and it does not know.</remarks>
    [SkippableFact]
    public async Task A_worker_believed_dead_that_comes_back_doubles_nothing()
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 0);
        await Task.WhenAll(
            cluster.Workers[0].StartAsync(FaultPoint.DataInserted + "@3=stop"), cluster.Workers[1].StartAsync(), cluster.Workers[2].StartAsync());
        var (model, created) = await cluster.UploadAsync();
        var job = await cluster.EndsWithEveryRowOnceAsync(created);

        cluster.Workers[0].Thaw();
        var (_, second) = await cluster.UploadAsync(model);
        await cluster.EndsWithEveryRowOnceAsync(second);
        // What it had in hand has been repeated by now: the first job is as it was.
        await cluster.ConservedAsync(job);
        Assert.True((await cluster.Api.VerifyAsync(job.JobId, default)).Consistent);
        Assert.True(cluster.Workers[0].IsRunning);
    }

    [SkippableFact]
    public async Task An_API_killed_in_mid_upload_fails_the_job_with_figures_that_add_up()
    {
        await using var cluster = await BatchCluster.StartAsync(parts);
        var model = await cluster.Api.CreateModelAsync(CsvText.Purchases(), default);
        await cluster.ApiProcess.StopAsync();
        await cluster.ApiProcess.StartAsync(FaultPoint.ChunkAppended + "#20=kill");
        await Assert.ThrowsAsync<BatchUnreachableException>(() => cluster.Api.CreateJobAsync(
            new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(ClusterJobs.Rows, ClusterJobs.BadEvery), default));
        await cluster.ApiProcess.StartAsync();

        var listed = Assert.Single((await cluster.Api.ListJobsAsync(new JobQuery(), default)).Jobs);
        var job = await cluster.Api.WaitUntilOverAsync(listed.JobId, TimeSpan.FromSeconds(35));
        Assert.Equal((JobState.Failed, "UPLOAD_INTERRUPTED"), (job.State, job.FailureCode));
        await Task.Delay(2_000);
        await cluster.ConservedAsync(await cluster.Api.GetJobAsync(job.JobId, default));
    }

    [SkippableFact]
    public async Task ClickHouse_killed_in_mid_job_costs_time_and_nothing_else()
    {
        await using var cluster = await BatchCluster.StartAsync(parts);
        var (_, created) = await cluster.UploadAsync();
        await cluster.WaitForChunksAsync(created.JobId, Middle);
        parts.ClickHouse.Kill9();
        await Task.Delay(1_000);
        await parts.ClickHouse.RestartAsync();
        await cluster.EndsWithEveryRowOnceAsync(created);
    }

    [SkippableFact]
    public async Task ClickHouse_that_answers_errors_for_twenty_seconds_is_waited_for_without_a_flood()
    {
        await using var clickHouse = await FaultyClickHouse.StartAsync(parts.ClickHouse.Url);
        await using var cluster = await BatchCluster.StartAsync(parts, clickHouse: clickHouse.Address);
        var (_, created) = await cluster.UploadAsync();
        await cluster.WaitForChunksAsync(created.JobId, Middle);
        clickHouse.Fault = (252, "Too many parts (3001). Merges are processing significantly slower than inserts.");
        var said = cluster.Workers.Sum(worker => worker.Lines.Count);
        await Task.Delay(TimeSpan.FromSeconds(20));
        Assert.True(clickHouse.Refused > 3, "nobody asked");
        // Those that have chunks in hand say so; which they are is the group's affair.
        var health = await Task.WhenAll(cluster.Workers.Select(worker => worker.GetAsync("health")));
        Assert.Contains(health, report => report.Contains("degraded", StringComparison.OrdinalIgnoreCase));
        Assert.InRange(cluster.Workers.Sum(worker => worker.Lines.Count) - said, 1, 30);
        clickHouse.Fault = null;
        await cluster.EndsWithEveryRowOnceAsync(created);
    }

    [SkippableFact]
    public async Task A_rolling_restart_of_all_processes_is_not_noticed_by_jobs()
    {
        await using var cluster = await BatchCluster.StartAsync(parts);
        var (model, first) = await cluster.UploadAsync();
        var jobs = new List<JobStatus> { first };
        foreach (var process in cluster.Workers.Append(cluster.ApiProcess))
        {
            Assert.Equal(0, await process.StopAsync());
            await process.StartAsync();
            jobs.Add((await cluster.UploadAsync(model)).Job);
        }
        foreach (var job in jobs)
            await cluster.EndsWithEveryRowOnceAsync(job);
        Assert.Equal(jobs.Count * (ClusterJobs.Rows - ClusterJobs.Rows / ClusterJobs.BadEvery),
            await cluster.CountAsync($"SELECT count() FROM data_{model.ModelId}"));
    }

    [SkippableFact]
    public async Task A_chunk_that_fails_every_time_everywhere_becomes_one_dead_letter_and_its_partition_moves_on()
    {
        await using var cluster = await BatchCluster.StartAsync(parts, fault: FaultPoint.ChunkValidated + "#7=throw");
        var (model, created) = await cluster.UploadAsync();
        var job = await cluster.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.Failed, "DEAD_LETTER"), (job.State, job.FailureCode));
        var letter = Assert.Single((await cluster.Api.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
        Assert.Equal($"{job.JobId}:7", letter.DeadLetterId);

        // Six partitions, and more small chunks than that: one of them comes after the dead one.
        var small = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => cluster.Api.CreateJobAsync(
            new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(1_000), default)));
        foreach (var other in small)
            Assert.Equal(JobState.Success, (await cluster.Api.WaitUntilOverAsync(other.JobId)).State);
        await Task.Delay(2_000);
        await cluster.ConservedAsync(await cluster.Api.GetJobAsync(job.JobId, default));
    }
}
