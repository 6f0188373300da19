using Batch.Client;
using Batch.Core.Faults;
using Batch.Worker.Chunks;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>Faults that last longer than all attempts at a chunk together: nothing is given up, health says why, and all goes on without a restart.</summary>
[Collection("cluster")]
[Trait("Tier", "system")]
public sealed class ClusterHealingTests(ClusterParts parts)
{
    // What an engine says whose folder is read-only.
    const string NotWritable =
        "std::exception. Code: 1001, type: std::__1::__fs::filesystem::filesystem_error, e.what() = filesystem error: in create_directories: "
        + "Read-only file system [\"store/a97/tmp_insert_all_2_2_0\"]";

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [SkippableFact]
    public async Task A_folder_that_cannot_be_written_for_longer_than_all_attempts_take_costs_time_and_nothing_else()
    {
        await using var clickHouse = await FaultyClickHouse.StartAsync(parts.ClickHouse.Url);
        await using var cluster = await BatchCluster.StartAsync(parts, clickHouse: clickHouse.Address, settings: [("Uploads__SettleSeconds", "2")]);
        var (model, created) = await cluster.UploadAsync();
        await cluster.WaitForChunksAsync(created.JobId, 10);
        clickHouse.Meets = query => query.Contains("INSERT INTO", StringComparison.Ordinal);
        clickHouse.Fault = (1002, NotWritable);
        // Five attempts with their pauses take three seconds.
        var since = DateTime.UtcNow;
        var refused = await Assert.ThrowsAsync<BatchApiException>(
            () => cluster.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(100), default));
        Assert.Contains("do not submit it again", refused.Message, StringComparison.Ordinal);
        var promised = System.Text.RegularExpressions.Regex.Match(refused.Message, "job ([0-9a-f]{32})").Groups[1].Value;
        await UntilAsync(async () => (await HealthOfWorkersAsync(cluster)).Contains("waits since", StringComparison.Ordinal));
        var health = await HealthOfWorkersAsync(cluster);
        Assert.Contains("degraded", health, StringComparison.Ordinal);
        Assert.Contains("Read-only file system", health, StringComparison.Ordinal);
        if (since + TimeSpan.FromSeconds(20) - DateTime.UtcNow is var left && left > TimeSpan.Zero)
            await Task.Delay(left);
        // As many as wait already, and those that were in hand: not the whole backlog.
        Assert.InRange(await SumAsync(cluster, "batch_chunks_waiting"), 1, cluster.Workers.Count * (WaitingRecords.MaxWaiting + 16));

        clickHouse.Fault = null;
        await cluster.EndsWithEveryRowOnceAsync(created);
        var small = await cluster.Api.WaitUntilOverAsync(promised);
        Assert.Equal((JobState.Success, 100L), (small.State, small.Success));
        await cluster.ConservedAsync(small);
        Assert.Empty((await cluster.Api.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
        await UntilAsync(async () => await LagAsync(cluster) == 0);
        await UntilAsync(async () => !(await HealthOfWorkersAsync(cluster)).Contains("degraded", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_dead_letter_that_cannot_be_written_at_first_is_there_in_the_end_and_its_partition_moves_on()
    {
        await using var clickHouse = await FaultyClickHouse.StartAsync(parts.ClickHouse.Url);
        await using var cluster = await BatchCluster.StartAsync(parts, fault: FaultPoint.ChunkValidated + "#7=throw", clickHouse: clickHouse.Address);
        clickHouse.Meets = query => query.Contains("dead_letters", StringComparison.Ordinal);
        // Of all faults one that counts as the request's own.
        clickHouse.Fault = (117, "Unknown data. (INCORRECT_DATA)");
        var (_, created) = await cluster.UploadAsync();
        await UntilAsync(async () => (await HealthOfWorkersAsync(cluster)).Contains($"Chunk 7 of job {created.JobId} waits since", StringComparison.Ordinal));
        Assert.True(clickHouse.Refused > 0);

        clickHouse.Fault = null;
        var job = await cluster.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.Failed, "DEAD_LETTER"), (job.State, job.FailureCode));
        var letter = Assert.Single((await cluster.Api.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
        Assert.Equal($"{job.JobId}:7", letter.DeadLetterId);
        await UntilAsync(async () => await LagAsync(cluster) == 0);
        await cluster.ConservedAsync(await cluster.Api.GetJobAsync(job.JobId, default));
    }

    /// <remarks>Bugs that nobody knows of, at every step between the broker and the chunk's own attempts.</remarks>
    [SkippableTheory]
    [InlineData(FaultPoint.RecordRead)]
    [InlineData(FaultPoint.RecordFetched)]
    [InlineData(FaultPoint.RecordTaken)]
    [InlineData(FaultPoint.ChunkTaken)]
    public async Task A_fault_that_nobody_foresaw_there_costs_a_worker_time_and_no_record(string point)
    {
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 0);
        await cluster.Workers[0].StartAsync($"{point}@5=throw");
        var (_, created) = await cluster.UploadAsync();
        await cluster.EndsWithEveryRowOnceAsync(created);
        Assert.Contains("Fault injected at", string.Join('\n', cluster.Workers[0].Lines), StringComparison.Ordinal);
        Assert.True(cluster.Workers[0].IsRunning);
        await UntilAsync(async () => await LagAsync(cluster) == 0);
        await UntilAsync(async () => !(await HealthOfWorkersAsync(cluster)).Contains("degraded", StringComparison.Ordinal));
    }

    /// <remarks>The code is one that nobody knows. Those of other jobs go into the same table meanwhile, and into it only.</remarks>
    [SkippableFact]
    public async Task A_chunk_that_alone_is_refused_while_others_go_in_becomes_a_dead_letter_in_the_end()
    {
        await using var clickHouse = await FaultyClickHouse.StartAsync(parts.ClickHouse.Url);
        await using var cluster = await BatchCluster.StartAsync(parts, workers: 0, clickHouse: clickHouse.Address, settings:
            [("Worker__Backoff", "00:00:00.010"), ("Worker__MaxBackoff", "00:00:00.010")]);
        await cluster.Workers[0].StartAsync();
        var model = await cluster.Api.CreateModelAsync(CsvText.Purchases(), default);
        clickHouse.Meets = query => query.Contains("INSERT INTO `data_", StringComparison.Ordinal);
        clickHouse.Fault = (2999, "Something new. (SOMETHING_NEW)");
        var poisoned = await cluster.Api.CreateJobAsync(
            new CreateJobRequest { ModelId = model.ModelId, Label = "poisoned" }, CsvText.Rows(1_000), default);
        await UntilAsync(async () => (await HealthOfWorkersAsync(cluster)).Contains(poisoned.JobId, StringComparison.Ordinal));
        Assert.False((await cluster.Api.GetJobAsync(poisoned.JobId, default)).IsOver);
        clickHouse.Meets = query =>
            query.Contains("INSERT INTO `data_", StringComparison.Ordinal) && query.Contains($"{poisoned.JobId}:0", StringComparison.Ordinal);

        var others = new List<JobStatus>();
        for (var until = DateTime.UtcNow + Limit; !(await cluster.Api.GetJobAsync(poisoned.JobId, default)).IsOver;)
        {
            Assert.True(DateTime.UtcNow < until, $"{others.Count} others\n{await HealthOfWorkersAsync(cluster)}\n{cluster.Output}");
            others.Add(await cluster.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(10), default));
        }
        Assert.True(others.Count >= 100 / 2, $"given up after {others.Count} others");
        foreach (var other in others)
            Assert.Equal(JobState.Success, (await cluster.Api.WaitUntilOverAsync(other.JobId)).State);

        var letter = Assert.Single((await cluster.Api.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
        Assert.Contains("SOMETHING_NEW", letter.Error, StringComparison.Ordinal);
        clickHouse.Fault = null;
        var retried = await cluster.Api.WaitUntilOverAsync((await cluster.Api.RetryDeadLetterAsync(letter.DeadLetterId, default)).JobId);
        Assert.Equal((JobState.Success, 1_000L), (retried.State, retried.Success));
        await UntilAsync(async () => await LagAsync(cluster) == 0);
    }

    static async Task<string> HealthOfWorkersAsync(BatchCluster cluster) =>
        string.Join('\n', await Task.WhenAll(cluster.Workers.Where(worker => worker.IsRunning).Select(worker => worker.GetAsync("health"))));

    static Task<long> LagAsync(BatchCluster cluster) => SumAsync(cluster, "batch_log_lag");

    static async Task<long> SumAsync(BatchCluster cluster, string metric) =>
        (await Task.WhenAll(cluster.Workers.Where(worker => worker.IsRunning).Select(worker => worker.GetAsync("metrics"))))
            .SelectMany(metrics => metrics.Split('\n'))
            .Where(line => line.StartsWith(metric, StringComparison.Ordinal))
            .Sum(line => long.Parse(line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));

    static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await isSo())
            await Task.Delay(200, limit.Token);
    }
}
