using Batch.Cli;
using Batch.Client;
using Batch.Core.Faults;

namespace Batch.Tests.EndToEnd;

/// <summary>A bug that fails every time takes one chunk with it, not the partition.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class DeadLetterTests
{
    /// <summary>Given up after its good rows were inserted, or before: what stands in the table is counted, and is not loaded again by a retry.</summary>
    [Theory]
    [InlineData(FaultPoint.ChunkValidated, 1)]
    [InlineData(FaultPoint.DataInserted, 1)]
    [InlineData(FaultPoint.RejectsInserted, 0)]
    public async Task A_dead_letter_that_is_retried_loads_what_was_abandoned_and_nothing_twice(string point, int left)
    {
        const int rows = 400_000;
        const int badEvery = 1_000;
        await using var system = await SystemProcesses.StartNewAsync(workers: 1, fault: point + "#1=throw");
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(rows, badEvery), default);
        await system.Api.WaitUntilOverAsync(created.JobId);
        await Task.Delay(2_000);
        var failed = await system.Api.GetJobAsync(created.JobId, default);
        Assert.Equal((JobState.Failed, "DEAD_LETTER"), (failed.State, failed.FailureCode));
        await system.ConservedAsync(failed);
        Assert.Equal(left > 0, failed.Abandoned > 0);

        // The bug is mended: the worker starts anew without it.
        Assert.Equal(0, await system.StopAsync());
        await system.StartAsync(workers: 1);
        var letter = Assert.Single((await system.Api.ListDeadLettersAsync(new DeadLetterQuery { Job = failed.JobId[..8] }, default)).DeadLetters);
        Assert.Equal(($"{failed.JobId}:1", 1, 5, null), (letter.DeadLetterId, letter.Chunk, letter.Attempts, letter.RetryJobId));
        Assert.Contains("Fault injected", letter.Error, StringComparison.Ordinal);
        using (var kept = new StreamReader(await system.Api.GetDeadLetterRowsAsync(letter.DeadLetterId, default)))
        {
            Assert.Equal("event_id,timestamp,amount", await kept.ReadLineAsync());
            Assert.StartsWith($"e-{letter.FirstRow},", await kept.ReadLineAsync(), StringComparison.Ordinal);
        }
        if (left == 0)
        {
            var refused = await Assert.ThrowsAsync<BatchApiException>(() => system.Api.RetryDeadLetterAsync(letter.DeadLetterId, default));
            Assert.Equal("NOTHING_TO_RETRY", refused.Code);
            return;
        }
        var retried = await system.Api.RetryDeadLetterAsync(letter.DeadLetterId, default);
        Assert.Equal(retried.JobId, (await system.Api.RetryDeadLetterAsync(letter.DeadLetterId, default)).JobId);
        Assert.Equal((0, retried.JobId), await BatchAsync(system, "dead-letter", "retry", letter.DeadLetterId, "--quiet"));
        var job = await system.Api.WaitUntilOverAsync(retried.JobId);
        await system.ConservedAsync(job);
        Assert.Equal((failed.Abandoned, failed.JobId), (job.Total, job.SourceJobId));
        Assert.Equal((rows - rows / badEvery, rows / badEvery), (failed.Success + job.Success, failed.Errors + job.Errors));
        Assert.Equal($"{rows - rows / badEvery}", await system.QueryAsync($"SELECT uniqExact(_row) FROM data_{model.ModelId}"));
        Assert.Equal(retried.JobId, Assert.Single((await system.Api.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters).RetryJobId);

        var (exitCode, listed) = await BatchAsync(system, "dead-letter", "list", "--job", failed.JobId[..8]);
        Assert.Equal(0, exitCode);
        Assert.Contains($"{failed.JobId[..8]}:1", listed, StringComparison.Ordinal);
        Assert.Contains(retried.JobId[..8], listed, StringComparison.Ordinal);

        using var stranger = new BatchClient(new BatchClientOptions { Address = system.ApiAddress, Tenant = "tenant_b" });
        Assert.Empty((await stranger.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
        foreach (var forbidden in new Func<Task>[]
        {
            () => stranger.RetryDeadLetterAsync(letter.DeadLetterId, default), () => stranger.GetDeadLetterRowsAsync(letter.DeadLetterId, default),
        })
            Assert.Equal("DEAD_LETTER_NOT_FOUND", (await Assert.ThrowsAsync<BatchApiException>(forbidden)).Code);
    }

    [Fact]
    public async Task A_chunk_that_fails_every_time_becomes_a_dead_letter_and_the_others_go_on()
    {
        await using var system = await SystemProcesses.StartNewAsync(workers: 1, fault: FaultPoint.ChunkValidated + "#1=throw");
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(400_000), default);

        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.Failed, "DEAD_LETTER"), (job.State, job.FailureCode));
        Assert.Contains("Chunk 1", job.Failure, StringComparison.Ordinal);

        // A job without such a chunk is none the worse for it.
        var small = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(100), default);
        Assert.Equal(JobState.Success, (await system.Api.WaitUntilOverAsync(small.JobId)).State);

        await Task.Delay(2_000);
        job = await system.Api.GetJobAsync(created.JobId, default);
        await system.ConservedAsync(job);
        Assert.True(job.Abandoned > 0);
        Assert.Equal("1\t1", await system.QueryAsync(
            $"SELECT ordinal, length(payload) > 1000 FROM dead_letters WHERE job_id = '{job.JobId}' FORMAT TSV"));
    }

    static async Task<(int ExitCode, string Output)> BatchAsync(SystemProcesses system, params string[] arguments)
    {
        var output = new StringWriter();
        var terminal = Terminal.System with { Out = output, Error = TextWriter.Null, Width = 0, Animate = false, Colour = false };
        return (await BatchCommandLine.RunAsync([.. arguments, "--api-url", system.ApiAddress.ToString()], terminal), output.ToString().Trim());
    }
}
