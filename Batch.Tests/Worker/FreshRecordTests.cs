using Batch.Client;
using Batch.Tests.Api;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Worker;

/// <summary>A record that nobody had before needs no gate, but where something may have happened to its job all the same.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class FreshRecordTests(ClickHouseProcess process) : SharedRecordTest(process)
{
    /// <summary>An API that stood still while its repair was given up, and goes on: the next repair may have loaded the rows by then.</summary>
    [Fact]
    public async Task Rows_of_a_repair_that_is_over_are_not_loaded_however_fresh_their_record_is()
    {
        await using var worker = NewWorker();
        await worker.ProcessAsync(SharedRecord.Of(_records));
        var repair = await _api.Client.ReprocessAsync(
            _jobs[0].JobId, new ReprocessRequest { Set = new Dictionary<string, string> { ["timestamp"] = "1", ["amount"] = "1" } }, default);
        await _api.Client.CancelJobAsync(repair.JobId, default);

        await worker.ProcessAsync(SharedRecord.Of([_api.Log.Records.Last()], isNew: true));

        repair = await _api.Client.GetJobAsync(repair.JobId, default);
        Assert.Equal((JobState.Cancelled, 0L, 1L), (repair.State, repair.Success, repair.Abandoned));
        var next = await _api.Client.ReprocessAsync(
            _jobs[0].JobId, new ReprocessRequest { Set = new Dictionary<string, string> { ["timestamp"] = "1", ["amount"] = "1" } }, default);
        await worker.ProcessAsync(SharedRecord.Of([_api.Log.Records.Last()], isNew: true));
        Assert.Equal(1, (await _api.UntilOverAsync(next.JobId)).Success);
        await AssertConsistentAsync(_jobs[0].JobId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_error_budget_of_a_job_that_is_one_chunk_holds_with_and_without_a_gate(bool isFresh)
    {
        var job = await _api.UploadAsync(
            _model, "event_id,timestamp,amount\n1,1716045542,1.5\nbad,yesterday,abc", new CreateJobRequest { ModelId = "", MaxErrors = 0 });
        await using var worker = NewWorker();
        await worker.ProcessAsync(SharedRecord.Of([_api.Log.Records.Last()], isNew: isFresh));
        job = await _api.Client.GetJobAsync(job.JobId, default);
        Assert.Equal((JobState.Failed, "ERROR_BUDGET_EXCEEDED", 1L, 1L, 0L), (job.State, job.FailureCode, job.Success, job.Errors, job.Abandoned));
        await AssertConsistentAsync(job.JobId);
    }

    /// <summary>What was tried may be in the tables, whoever tried it.</summary>
    [Fact]
    public async Task A_fresh_record_that_waited_for_ClickHouse_is_asked_about_like_any_other()
    {
        await using var worker = NewWorker();
        worker.Inserts.Fail("data_", times: 1, meanwhile: () => _api.Client.CancelJobAsync(_jobs[0].JobId, default));
        await worker.ProcessAsync(SharedRecord.Of(_records, isNew: true));
        await AssertAbandonedAsync(0, JobState.Cancelled, null);
        for (var n = 1; n < Jobs; n++)
            await AssertWholeAsync(n);
    }
}
