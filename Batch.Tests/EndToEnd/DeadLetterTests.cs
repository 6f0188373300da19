using Batch.Client;
using Batch.Core.Faults;

namespace Batch.Tests.EndToEnd;

/// <summary>A bug that fails every time takes one chunk with it, not the partition.</summary>
[Collection("end to end")]
public sealed class DeadLetterTests
{
    [Fact]
    public async Task A_chunk_that_fails_every_time_becomes_a_dead_letter_and_the_others_go_on()
    {
        await using var system = await StandaloneProcess.StartNewAsync(workers: 1, fault: FaultPoint.ChunkValidated + "#1=throw");
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
}
