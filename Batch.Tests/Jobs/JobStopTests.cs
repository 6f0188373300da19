using Batch.Client;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Jobs.Writing;
using Batch.Tests.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Jobs;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class JobStopTests(ClickHouseProcess process) : IAsyncLifetime
{
    ClickHouseScope _scope = null!;
    JobReader Jobs => _scope.Jobs;
    JobWriter Writer => _scope.Writer;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    [Fact]
    public async Task Cancelled_job_keeps_what_was_loaded_and_abandons_the_rest()
    {
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 20, 2, ClickHouseScope.Soon);
        await Writer.ReceiptAsync(key, 0, 10, 9, 1);
        Assert.True(await Writer.CancelAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon));
        await Writer.ReceiptAsync(key, 1, 10, 0, 0);
        var job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Cancelled, 9L, 1L, 10L, 20L), (job.State, job.Success, job.Errors, job.Abandoned, job.Total));
        Assert.False(await Writer.CancelAsync(job, ClickHouseScope.Soon));
    }

    [Fact]
    public async Task Finished_job_cannot_be_cancelled_even_by_one_who_saw_it_running()
    {
        var key = await Writer.CreateAsync();
        await Writer.UploadEndedAsync(key, 10, 1, ClickHouseScope.Soon);
        var seenRunning = await Jobs.GetAsync(key);
        await Writer.ReceiptAsync(key, 0, 10, 10, 0);
        Assert.False(await Writer.CancelAsync(seenRunning, ClickHouseScope.Soon));
        Assert.Equal(JobState.Success, (await Jobs.GetAsync(key)).State);
    }

    [Fact]
    public async Task First_stop_counts()
    {
        var key = await Writer.CreateAsync();
        await Writer.FailAsync(key, FailureCodes.DeadLetter, "A chunk was put aside.", ClickHouseScope.Soon);
        await Writer.FailAsync(key, FailureCodes.ModelDeleted, "later", ClickHouseScope.Soon);
        Assert.False(await Writer.CancelAsync(await Jobs.GetAsync(key), ClickHouseScope.Soon));
        var job = await Jobs.GetAsync(key);
        Assert.Equal((JobState.Failed, FailureCodes.DeadLetter, "A chunk was put aside."), (job.State, job.FailureCode, job.Failure));
    }

    /// <summary>The promise: over is over. Nobody ever sees a job in one final state and later in another, and every answer comes true.</summary>
    [Fact]
    public async Task Stops_racing_with_the_last_receipt_and_each_other_never_make_an_ended_job_another()
    {
        for (var round = 0; round < 12; round++)
        {
            var key = await Writer.CreateAsync();
            await Writer.UploadEndedAsync(key, 10, 1, ClickHouseScope.Soon);
            var seen = await Jobs.GetAsync(key);
            await using var other = _scope.OtherProcess();
            using var over = new CancellationTokenSource();
            var states = new List<JobState>();
            var watching = Task.Run(async () =>
            {
                while (!over.IsCancellationRequested)
                    states.Add((await other.Jobs.GetAsync(key)).State);
            });
            var delay = round % 4 * 4;
            var cancelling = Writer.CancelAsync(seen, ClickHouseScope.Soon);
            var alsoCancelling = other.Writer.CancelAsync(seen, ClickHouseScope.Soon);
            var failing = round % 3 == 0 ? other.Writer.FailAsync(key, FailureCodes.DeadLetter, "x", ClickHouseScope.Soon) : Task.CompletedTask;
            await Task.Delay(delay);
            await Writer.ReceiptAsync(key, 0, 10, 10, 0);
            var answers = await Task.WhenAll(cancelling, alsoCancelling);
            await failing;
            await Task.Delay(30);
            await over.CancelAsync();
            await watching;
            var final = (await Jobs.GetAsync(key)).State;
            Assert.NotEqual(JobState.Running, final);
            foreach (var state in states.Where(state => state is not (JobState.Pending or JobState.Running)))
                Assert.Equal(final, state);
            Assert.Equal(answers.Any(answer => answer), final == JobState.Cancelled);
        }
    }
}
