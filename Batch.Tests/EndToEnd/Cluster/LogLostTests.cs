using Batch.Client;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>The broker comes back without what it had acknowledged: the jobs end with the figures of what is left, and new ones are loaded as ever.</summary>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class LogLostTests(ClusterParts parts)
{
    string Log(BatchCluster cluster) => Path.Combine(parts.Broker.DataFolder, "log", cluster.BulkTopic);

    [SkippableFact]
    public Task Segments_removed_cut_and_damaged_cost_the_rows_that_were_in_them() => LosesAsync(cluster =>
    {
        File.Delete(SegmentOf(cluster, 0));
        using (var cut = File.OpenWrite(SegmentOf(cluster, 1)))
            cut.SetLength(cut.Length / 2);
        using var flipped = File.Open(SegmentOf(cluster, 2), FileMode.Open);
        // In the rows of a batch, not in its header.
        flipped.Position = (flipped.Length / 2) + 10_000;
        flipped.Write(new byte[100]);
    }, JobState.Failed);

    /// <summary>Zeros, other bytes, a length and an offset that are wrong: in a header that workers have still to read.</summary>
    [SkippableFact]
    public Task Headers_of_batches_that_are_damaged_cost_the_rows_of_those_batches() => LosesAsync(cluster =>
    {
        Overwrite(SegmentOf(cluster, 0), 0, new byte[61]);
        Overwrite(SegmentOf(cluster, 1), 0, Enumerable.Repeat((byte)0xee, 61));
        Overwrite(SegmentOf(cluster, 2), 8, [0x7f, 0xff, 0xff, 0xff]);
        Overwrite(SegmentOf(cluster, 3), 0, [0, 0, 0, 0, 0, 1, 0, 0]);
    }, JobState.Failed);

    /// <summary>In a batch behind the middle, so that workers have read what is before it.</summary>
    static void Overwrite(string segment, int at, IEnumerable<byte> bytes)
    {
        using var file = File.Open(segment, FileMode.Open);
        var header = new byte[61];
        for (var position = 0L; ;)
        {
            file.Position = position;
            file.ReadExactly(header);
            var size = 12 + System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8));
            if (position + size > file.Length / 2)
            {
                file.Position = position + at;
                file.Write([.. bytes]);
                return;
            }
            position += size;
        }
    }

    [SkippableFact]
    public Task A_topics_folder_deleted_costs_its_chunks() =>
        LosesAsync(cluster => Directory.Delete(Log(cluster), recursive: true), JobState.Failed);

    [SkippableFact]
    public Task The_whole_folder_deleted_costs_what_was_not_loaded() =>
        LosesAsync(_ => Directory.Delete(parts.Broker.DataFolder, recursive: true), JobState.Failed);

    [SkippableFact]
    public Task The_groups_positions_deleted_cost_nothing() =>
        LosesAsync(_ => Directory.Delete(Path.Combine(parts.Broker.DataFolder, "groups"), recursive: true), JobState.PartialSuccess);

    /// <summary>With a job loaded, so that workers stand somewhere in the log, and another one in it, of which they have nothing yet.</summary>
    async Task LosesAsync(Action<BatchCluster> damage, JobState expected)
    {
        ClusterParts.SkipWithRealBroker();
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 2, settings: [("Topics__LostAfter", "00:00:05")]);
        var (model, before) = await cluster.UploadAsync();
        await cluster.EndsWithEveryRowOnceAsync(before);
        foreach (var worker in cluster.Workers.Take(2))
            worker.Freeze();
        var (_, created) = await cluster.UploadAsync(model);

        parts.Broker.Kill9();
        damage(cluster);
        await parts.Broker.RestartAsync();
        foreach (var worker in cluster.Workers.Take(2))
            worker.Thaw();

        // At once, while workers still stand where the log was.
        var (_, next) = await cluster.UntilTakenAsync(() => cluster.UploadAsync(model));
        await cluster.EndsWithEveryRowOnceAsync(next);
        var job = await cluster.Api.WaitUntilOverAsync(created.JobId, TimeSpan.FromMinutes(4));
        Assert.True(job.State == expected, $"{job.State} {job.Failure}\n{cluster.Output}");
        Assert.Equal(ClusterJobs.Rows, job.Total);
        await cluster.ConservedAsync(job);
        if (expected == JobState.Failed)
        {
            Assert.True(job.Abandoned > 0);
            Assert.True(job.FailureCode is "LOG_LOST_CHUNKS" or "DEAD_LETTER", job.FailureCode);
            await cluster.EventuallyAsync(
                async () => (await cluster.ApiProcess.GetAsync("metrics")).Contains("\nbatch_chunks_lost_total", StringComparison.Ordinal), "no metric");
        }
        Assert.True((await cluster.Api.VerifyAsync(job.JobId, default)).Consistent);
        await cluster.EventuallyAsync(async () => await cluster.LagAsync() == 0, "commits are lost");

        // Also when the workers begin again from what was committed.
        foreach (var worker in cluster.Workers.Take(2))
        {
            worker.Kill9();
            await worker.StartAsync();
        }
        var (_, last) = await cluster.UntilTakenAsync(() => cluster.UploadAsync(model));
        await cluster.EndsWithEveryRowOnceAsync(last);
    }

    string SegmentOf(BatchCluster cluster, int partition) =>
        Directory.EnumerateFiles(Path.Combine(Log(cluster), $"{partition}"), "*.log").Order(StringComparer.Ordinal).Last();
}
