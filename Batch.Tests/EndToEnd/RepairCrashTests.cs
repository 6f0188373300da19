using Batch.Client;
using Batch.Core.Faults;

namespace Batch.Tests.EndToEnd;

[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class RepairCrashTests
{
    // Side by side: both spend nearly all of their time waiting for the repair to be given up.
    [Fact]
    public Task A_repair_whose_API_is_killed_is_made_again_and_loads_each_row_once() => Task.WhenAll(
        IsMadeAgainAsync(FaultPoint.JobCreated + "=kill", loadedBefore: 0),
        // The first is the upload's.
        IsMadeAgainAsync(FaultPoint.UploadAppended + "@2=kill", loadedBefore: 10));

    static async Task IsMadeAgainAsync(string fault, long loadedBefore)
    {
        await using var system = await SystemProcesses.StartNewAsync(workers: 1, fault: fault);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var source = await system.Api.WaitUntilOverAsync(
            (await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(100, badEvery: 10), default)).JobId);
        Assert.Equal(10, source.Errors);
        var request = new ReprocessRequest { Set = new Dictionary<string, string> { ["amount"] = "1" } };
        await Assert.ThrowsAsync<BatchUnreachableException>(() => system.Api.ReprocessAsync(source.JobId, request, default));
        await system.WaitForExitAsync();
        await system.StartAsync(workers: 1);

        var code = "REPAIR_RUNNING";
        JobStatus? repair = null;
        for (var until = DateTime.UtcNow.AddSeconds(100); code == "REPAIR_RUNNING" && repair is null; await Task.Delay(500))
        {
            Assert.True(DateTime.UtcNow < until, "The repair that broke off is still in the way after 100 s.");
            try
            {
                repair = await system.Api.ReprocessAsync(source.JobId, request, default);
            }
            catch (BatchApiException refused)
            {
                code = refused.Code;
            }
        }
        if (repair is not null)
            Assert.Equal(10 - loadedBefore, (await system.Api.WaitUntilOverAsync(repair.JobId)).Success);
        else
            Assert.Equal(("ALREADY_REPAIRED", 10L), (code, loadedBefore));

        var broken = (await system.Api.ListJobsAsync(new JobQuery(), default)).Jobs.Single(job => job.FailureCode == "UPLOAD_INTERRUPTED");
        Assert.Equal(loadedBefore, broken.Success);
        Assert.Equal(10, (await system.Api.GetJobAsync(source.JobId, default)).Repaired);
        var report = await system.Api.VerifyAsync(source.JobId, default);
        Assert.Empty(report.Breaches);
        Assert.Equal((100L, 0L, 0L, true), (report.Lineage!.Loaded, report.Lineage.NotLoaded, report.Lineage.LoadedTwice, report.Lineage.Final));
    }
}
