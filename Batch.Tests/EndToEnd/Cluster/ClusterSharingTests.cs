using Batch.Client;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>One API and three workers share the work through Kafka.</summary>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class ClusterSharingTests(ClusterParts parts)
{
    [SkippableFact]
    public async Task Three_workers_share_a_job_and_every_row_is_there_once()
    {
        await using var cluster = await BatchCluster.StartAsync(parts);
        var (model, created) = await cluster.UploadAsync();
        var job = await cluster.EndsWithEveryRowOnceAsync(created);
        Assert.True((await cluster.Api.VerifyAsync(job.JobId, default)).Consistent);
        // One that joined the group late has its part in the next job.
        for (var more = 0; more < 5 && (await cluster.ChunksByWorkerAsync()).Contains(0); more++)
            await cluster.EndsWithEveryRowOnceAsync((await cluster.UploadAsync(model)).Job);
        Assert.DoesNotContain(0, await cluster.ChunksByWorkerAsync());
    }

    /// <remarks>The express topic is read apart from the other: a small file does not wait for the backlog.</remarks>
    [SkippableFact]
    public async Task A_small_job_of_one_tenant_overtakes_the_backlog_of_another()
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 0);
        var (model, big) = await cluster.UploadAsync();
        using var other = new BatchClient(new BatchClientOptions { Address = cluster.ApiProcess.Address, Tenant = "tenant_b" });
        var theirs = await other.CreateModelAsync(CsvText.Purchases(), default);
        var small = await other.CreateJobAsync(new CreateJobRequest { ModelId = theirs.ModelId }, CsvText.Rows(100), default);

        await cluster.Workers[0].StartAsync();
        var done = await other.WaitUntilOverAsync(small.JobId);
        Assert.Equal((JobState.Success, 100), (done.State, done.Success));
        Assert.False((await cluster.Api.GetJobAsync(big.JobId, default)).IsOver, "the small job came after the big one");
        await cluster.EndsWithEveryRowOnceAsync(big);
    }
}
