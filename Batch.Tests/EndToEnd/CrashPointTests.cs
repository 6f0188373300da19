using Batch.Client;
using Batch.Core.Faults;

namespace Batch.Tests.EndToEnd;

/// <summary>A process is killed at every place where it can matter; afterwards no row is lost and none is doubled.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class CrashPointTests
{
    const int Rows = 400_000;
    const int BadEvery = 1_000;

    /// <remarks>Chunk 1 is the one that dies with its worker: there is then work before it and after it.</remarks>
    [Theory]
    [InlineData(FaultPoint.ChunkTaken + "@2")]
    [InlineData(FaultPoint.ChunkValidated + "#1")]
    [InlineData(FaultPoint.DataInserted + "#1")]
    [InlineData(FaultPoint.RejectsInserted + "#1")]
    [InlineData(FaultPoint.ReceiptInserted + "#1")]
    [InlineData(FaultPoint.OffsetCommitted)]
    public async Task A_worker_killed_there_neither_loses_nor_doubles_a_row(string point)
    {
        // The upload is whole before a worker starts, so that only the worker's death is looked at.
        await using var system = await SystemProcesses.StartNewAsync(workers: 0);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(Rows, BadEvery), default);
        Assert.Equal(JobState.Pending, created.State);
        Assert.Equal(Rows, created.Total);
        system.Kill9();

        await system.StartAsync(workers: 1, fault: point + "=kill");
        await system.WaitForExitAsync();
        await system.StartAsync(workers: 1);

        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal(JobState.PartialSuccess, job.State);
        Assert.Equal((Rows, Rows - Rows / BadEvery, Rows / BadEvery, 0), (job.Total, job.Success, job.Errors, job.Abandoned));
        await system.ConservedAsync(job);
    }

    // Side by side: each spends nearly all of its time waiting for the upload to be given up.
    [Fact]
    public Task An_upload_whose_API_is_killed_fails_within_thirty_seconds_and_its_figures_add_up() =>
        Task.WhenAll(((string[])[FaultPoint.JobCreated, FaultPoint.ChunkAppended, FaultPoint.UploadAppended]).Select(FailsWithinThirtySecondsAsync));

    static async Task FailsWithinThirtySecondsAsync(string point)
    {
        await using var system = await SystemProcesses.StartNewAsync(workers: 1, fault: point + "=kill");
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        await Assert.ThrowsAsync<BatchUnreachableException>(() =>
            system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(Rows, BadEvery), default));
        await system.WaitForExitAsync();
        await system.StartAsync(workers: 1);

        var listed = Assert.Single((await system.Api.ListJobsAsync(new JobQuery(), default)).Jobs);
        var job = await system.Api.WaitUntilOverAsync(listed.JobId, TimeSpan.FromSeconds(35));
        Assert.Equal((JobState.Failed, "UPLOAD_INTERRUPTED"), (job.State, job.FailureCode));

        // Chunks that had reached the log are still on their way; the law holds all the while and the tables agree in the end.
        await Task.Delay(2_000);
        await system.ConservedAsync(await system.Api.GetJobAsync(listed.JobId, default));
    }

    /// <summary>Nobody has been told of the job by then; the record in the log tells.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_small_upload_whose_API_is_killed_when_it_is_in_the_log_is_loaded_and_listed(int workers)
    {
        await using var system = await SystemProcesses.StartNewAsync(workers, fault: FaultPoint.UploadAppended + "=kill");
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        await Assert.ThrowsAsync<BatchUnreachableException>(() =>
            system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId, FileName = "small.csv" }, CsvText.Rows(100, badEvery: 10), default));
        await system.WaitForExitAsync();
        await system.StartAsync(workers: 1);

        JobStatus? job = null;
        for (var until = DateTime.UtcNow.AddSeconds(30); job is not { IsOver: true }; await Task.Delay(100))
        {
            Assert.True(DateTime.UtcNow < until, "The job is not there, or not over, after 30 s.");
            job = (await system.Api.ListJobsAsync(new JobQuery(), default)).Jobs.SingleOrDefault();
        }
        Assert.Equal((JobState.PartialSuccess, 100L, 90L, 10L, "small.csv"), (job.State, job.Total, job.Success, job.Errors, job.FileName));
        await system.ConservedAsync(job);
        Assert.Empty((await system.Api.VerifyAsync(job.JobId, default)).Breaches);
    }

    [Fact]
    public async Task All_processes_killed_twenty_times_at_random_during_a_load_end_in_SUCCESS_with_every_row_once()
    {
        const int rows = 2_000_000;
        var chance = new Random(20);
        await using var system = await SystemProcesses.StartNewAsync(workers: 0);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(rows), default);
        system.Kill9();

        var killsDuringLoad = 0;
        for (var kill = 0; kill < 20; kill++)
        {
            await system.StartAsync();
            await Task.Delay(chance.Next(0, 400));
            if (await system.Api.GetJobAsync(created.JobId, default) is { IsOver: false })
                killsDuringLoad++;
            system.Kill9();
        }
        // On a machine so fast that the load is over sooner, this proves nothing: give it more rows.
        Assert.InRange(killsDuringLoad, 3, 20);
        await system.StartAsync();

        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.Success, (long)rows), (job.State, job.Success));
        await system.ConservedAsync(job);
    }
}
