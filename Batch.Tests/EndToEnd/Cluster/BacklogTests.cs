using System.Text.Json;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>Chunks that wait are told of by the API: there may be no worker to do it.</summary>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class BacklogTests(ClusterParts parts)
{
    [SkippableFact]
    public async Task Chunks_that_wait_too_long_make_the_API_degraded_and_say_whether_there_are_workers_until_they_are_loaded()
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 0, settings: [("Topics__LongestWait", "00:00:05")]);
        Assert.Null(await ReasonAsync(cluster));
        var (_, created) = await cluster.UploadAsync();

        await cluster.EventuallyAsync(async () => await ReasonAsync(cluster) is not null, "nobody says that chunks wait");
        Assert.Matches(
            $@"^\d+ records wait in {cluster.BulkTopic}, the oldest for 00:\d\d:\d\d\. No worker has joined the group {cluster.Database}: start one\.$",
            await ReasonAsync(cluster));
        await cluster.EventuallyAsync(async () => await AgeAsync(cluster) > 5, "no age");

        await Task.WhenAll(cluster.Workers.Select(worker => worker.StartAsync()));
        await cluster.EndsWithEveryRowOnceAsync(created);
        await cluster.EventuallyAsync(async () => await ReasonAsync(cluster) is null, "degraded for ever");
        await cluster.EventuallyAsync(async () => await AgeAsync(cluster) == 0, "an age of nothing");
    }

    static async Task<string?> ReasonAsync(BatchCluster cluster)
    {
        using var health = JsonDocument.Parse(await cluster.ApiProcess.GetAsync("health"));
        return health.RootElement.GetProperty("checks").GetProperty("workers").TryGetProperty("reason", out var reason) ? reason.GetString() : null;
    }

    static async Task<double> AgeAsync(BatchCluster cluster) => (await cluster.ApiProcess.GetAsync("metrics")).Split('\n')
        .Where(line => line.StartsWith("batch_oldest_chunk_age_seconds{", StringComparison.Ordinal))
        .Select(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))
        .DefaultIfEmpty(-1).Max();
}
