using System.Net;
using Batch.Client;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>Any process of a cluster is killed at random, again and again, while one labelled file is uploaded and loaded.</summary>
/// <remarks>
/// 6 kills in 200,000 rows. <c>BATCH_CLUSTER_KILLS=20</c> makes it as many as that, <c>BATCH_CLUSTER_ROWS=1000000</c> another size, and
/// <c>BATCH_CLUSTER_SEED</c> another run.
/// </remarks>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class RandomKillTests(ClusterParts parts)
{
    const int BadEvery = 500;
    static readonly int Kills = TestSettings.Number("BATCH_CLUSTER_KILLS", 6);
    static readonly int Rows = TestSettings.Number("BATCH_CLUSTER_ROWS", 200_000);

    [SkippableFact]
    public async Task Whoever_is_killed_the_table_has_every_good_row_once_and_every_bad_row_is_kept()
    {
        ClusterParts.SkipWithRealBroker();
        await using var cluster = await BatchCluster.StartAsync(parts);
        var model = await cluster.Api.CreateModelAsync(CsvText.Purchases(), default);
        var random = new Random(TestSettings.Number("BATCH_CLUSTER_SEED", 1));
        // The broker and the API among them for certain, the others as it comes.
        var victims = new Queue<int>([3, 4, .. Enumerable.Range(0, Math.Max(0, Kills - 2)).Select(_ => random.Next(6))]);
        var killed = new List<string>();

        var uploading = Task.Run(() => UploadAsync(cluster, model));
        while (victims.TryDequeue(out var victim))
        {
            await Task.Delay(random.Next(100, 1500));
            killed.Add(await KillAsync(cluster, victim));
        }
        var created = await uploading.WaitAsync(TimeSpan.FromMinutes(5));
        var job = await cluster.Api.WaitUntilOverAsync(created.JobId, TimeSpan.FromMinutes(3));

        Assert.True(job.State == JobState.PartialSuccess, $"{job.State} {job.Failure} after {string.Join(", ", killed)}\n{cluster.Output}");
        Assert.Equal((Rows, Rows - Rows / BadEvery, Rows / BadEvery, 0), (job.Total, job.Success, job.Errors, job.Abandoned));
        await cluster.ConservedAsync(job);
        Assert.True((await cluster.Api.VerifyAsync(job.JobId, default)).Consistent);
        // Nothing beside it: what an upload had begun that was broken off belongs to the same load.
        Assert.Equal(Rows - Rows / BadEvery, await cluster.CountAsync($"SELECT count() FROM data_{model.ModelId}"));
    }

    /// <summary>As a client would: the same file under the same label until it is taken.</summary>
    static async Task<JobStatus> UploadAsync(BatchCluster cluster, Model model)
    {
        while (true)
        {
            try
            {
                return await cluster.Api.CreateJobAsync(
                    new CreateJobRequest { ModelId = model.ModelId, Label = "once" }, CsvText.Rows(Rows, BadEvery), default);
            }
            catch (Exception exception) when (exception is BatchUnreachableException
                or BatchApiException { StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.Conflict })
            {
                await Task.Delay(200);
            }
        }
    }

    async Task<string> KillAsync(BatchCluster cluster, int victim)
    {
        switch (victim)
        {
            case 3:
                parts.Broker.Kill9();
                await parts.Broker.RestartAsync();
                return "broker";
            case 4:
                cluster.ApiProcess.Kill9();
                await cluster.ApiProcess.StartAsync();
                return "API";
            case 5:
                parts.ClickHouse.Kill9();
                await parts.ClickHouse.RestartAsync();
                return "ClickHouse";
            default:
                cluster.Workers[victim].Kill9();
                await cluster.Workers[victim].StartAsync();
                return $"worker {victim}";
        }
    }
}
