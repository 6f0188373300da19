using System.Net;
using Batch.Client;
using Confluent.Kafka;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>The broker dies, stops, is full or forgets, in the middle of jobs of an API and three workers; afterwards the figures are exact.</summary>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class BrokerFaultTests(ClusterParts parts)
{
    const int Middle = 10;

    [SkippableFact]
    public async Task Killed_in_mid_job_and_started_again_it_costs_time_and_nothing_else()
    {
        ClusterParts.SkipWithRealBroker();
        await using var cluster = await BatchCluster.StartAsync(parts);
        var (_, created) = await cluster.UploadAsync();
        await cluster.WaitForChunksAsync(created.JobId, Middle);
        parts.Broker.Kill9();
        await Task.Delay(1_000);
        await parts.Broker.RestartAsync();
        await EndsConsistentAsync(cluster, created);
    }

    /// <remarks>Every member is dead to it when it goes on, and no member knows.</remarks>
    [SkippableFact]
    public async Task Stopped_for_longer_than_the_session_timeout_it_costs_time_and_nothing_else()
    {
        ClusterParts.SkipWithRealBroker();
        await using var cluster = await BatchCluster.StartAsync(parts);
        var (_, created) = await cluster.UploadAsync();
        await cluster.WaitForChunksAsync(created.JobId, Middle);
        parts.Broker.Freeze();
        await Task.Delay(2 * ClusterParts.SessionTimeout);
        parts.Broker.Thaw();
        await EndsConsistentAsync(cluster, created);
    }

    [SkippableFact]
    public async Task An_upload_that_is_open_while_it_is_restarted_waits_for_it()
    {
        ClusterParts.SkipWithRealBroker();
        await using var cluster = await BatchCluster.StartAsync(parts);
        var model = await cluster.Api.CreateModelAsync(CsvText.Purchases(), default);
        using var file = new PausedFile(CsvText.Rows(ClusterJobs.Rows, ClusterJobs.BadEvery), after: 20 * BatchCluster.ChunkBytes);
        var upload = cluster.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, file, default);
        await file.UnderWay;
        parts.Broker.Kill9();
        file.GoOn();
        await Task.Delay(1_500);
        Assert.False(upload.IsCompleted, "the upload did not need the broker");
        await parts.Broker.RestartAsync();
        await EndsConsistentAsync(cluster, await upload);
    }

    [SkippableFact]
    public async Task Full_it_answers_507_with_the_reason_while_what_it_has_is_loaded_and_takes_uploads_again_when_it_may_hold_more()
    {
        ClusterParts.SkipWithRealBroker();
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 0);
        var (model, first) = await cluster.UploadAsync();
        parts.Broker.Arguments = ["--max-bytes", "1"];
        await parts.Broker.RestartAsync();
        try
        {
            var refused = await Assert.ThrowsAsync<BatchApiException>(() => cluster.UploadAsync(model));
            Assert.Equal((HttpStatusCode.InsufficientStorage, "LOG_FULL"), (refused.StatusCode, refused.Code));
            Assert.Contains("MaxBytes", refused.Message, StringComparison.Ordinal);
            // What was seen in the last two seconds may still be said.
            var deadline = DateTime.UtcNow.AddSeconds(60);
            while (!(await cluster.ApiProcess.GetAsync("health")).Contains("MaxBytes", StringComparison.Ordinal))
            {
                Assert.True(DateTime.UtcNow < deadline, "Health does not say that the log is full.");
                await Task.Delay(200);
            }

            // Reading and committing need no room.
            await Task.WhenAll(cluster.Workers.Select(worker => worker.StartAsync()));
            await EndsConsistentAsync(cluster, first);
        }
        finally
        {
            parts.Broker.Arguments = [];
            await parts.Broker.RestartAsync();
        }
        await EndsConsistentAsync(cluster, await UntilTakenAsync(() => cluster.UploadAsync(model)));
        Assert.Equal(2, (await cluster.Api.ListJobsAsync(new JobQuery(), default)).Jobs.Count(job => job.State == JobState.PartialSuccess));
    }

    [SkippableFact]
    public async Task Killed_together_with_the_API_it_leaves_the_job_before_whole_and_the_upload_under_way_failed_with_figures_that_add_up()
    {
        ClusterParts.SkipWithRealBroker();
        await using var cluster = await BatchCluster.StartAsync(parts);
        var (model, first) = await cluster.UploadAsync();
        using var file = new PausedFile(CsvText.Rows(ClusterJobs.Rows, ClusterJobs.BadEvery), after: 20 * BatchCluster.ChunkBytes);
        var name = $"{Guid.NewGuid():n}.csv";
        var upload = cluster.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId, FileName = name }, file, default);
        await file.UnderWay;
        // What the client has sent the API may not have read yet.
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60)))
            while ((await FindAsync())?.Success is null or 0)
                await Task.Delay(50, limit.Token);
        cluster.ApiProcess.Kill9();
        parts.Broker.Kill9();
        await Assert.ThrowsAnyAsync<Exception>(() => upload);
        await parts.Broker.RestartAsync();
        await cluster.ApiProcess.StartAsync();

        await EndsConsistentAsync(cluster, first);
        var broken = await cluster.Api.WaitUntilOverAsync((await FindAsync())!.JobId, TimeSpan.FromSeconds(60));
        Assert.Equal((JobState.Failed, "UPLOAD_INTERRUPTED"), (broken.State, broken.FailureCode));
        await Task.Delay(2_000);
        await cluster.ConservedAsync(await cluster.Api.GetJobAsync(broken.JobId, default));

        async Task<JobStatus?> FindAsync() =>
            (await cluster.Api.ListJobsAsync(new JobQuery(), default)).Jobs.SingleOrDefault(job => job.FileName == name);
    }

    /// <remarks>As retention does to chunks that no worker has read in time.</remarks>
    [SkippableFact]
    public async Task Chunks_deleted_from_it_unread_end_their_job_with_the_rows_counted_as_abandoned()
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 0);
        var (_, created) = await cluster.UploadAsync();
        using (var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = parts.Servers }).Build())
            await admin.DeleteRecordsAsync([new TopicPartitionOffset(cluster.BulkTopic, 0, 3), new TopicPartitionOffset(cluster.BulkTopic, 1, 2)]);
        await Task.WhenAll(cluster.Workers.Select(worker => worker.StartAsync()));

        var job = await cluster.Api.WaitUntilOverAsync(created.JobId, TimeSpan.FromMinutes(4));
        Assert.Equal((JobState.Failed, "LOG_LOST_CHUNKS", ClusterJobs.Rows), (job.State, job.FailureCode, job.Total));
        Assert.True(job.Abandoned > 0 && job.Success > 0, $"{job.Success} loaded, {job.Abandoned} abandoned");
        Assert.Contains("no longer has 5 of the job's", job.Failure, StringComparison.Ordinal);
        await cluster.ConservedAsync(job);
        Assert.True((await cluster.Api.VerifyAsync(job.JobId, default)).Consistent);
    }

    static async Task EndsConsistentAsync(BatchCluster cluster, JobStatus created)
    {
        var job = await cluster.EndsWithEveryRowOnceAsync(created);
        var report = await cluster.Api.VerifyAsync(job.JobId, default);
        Assert.True(report.Consistent, string.Join(' ', report.Breaches));
    }

    /// <summary>Until the API has found the broker again.</summary>
    static async Task<JobStatus> UntilTakenAsync(Func<Task<(Model, JobStatus Job)>> upload)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(30); ; await Task.Delay(500))
        {
            try
            {
                return (await upload()).Job;
            }
            catch (BatchApiException exception) when (exception.Code is "LOG_FULL" or "LOG_UNAVAILABLE" && DateTime.UtcNow < deadline)
            {
                // Not yet.
            }
        }
    }
}
