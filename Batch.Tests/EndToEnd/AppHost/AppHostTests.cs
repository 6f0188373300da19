using Aspire.Hosting.ApplicationModel;
using Batch.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>The real app host with embedded infrastructure: a file's whole way, with the typed client.</summary>
[Collection("app host")]
[Trait("Tier", "system")]
public sealed class AppHostTests(RunningAppHost system)
{
    [Fact]
    public async Task A_file_goes_from_model_to_upload_to_rejected_rows_to_reprocessing_to_a_verified_job()
    {
        var model = await system.Api.CreateModelAsync(CsvText.Purchases("whole way"), default);
        var created = await system.Api.CreateJobAsync(
            new CreateJobRequest { ModelId = model.ModelId },
            CsvText.Of("event_id,timestamp,amount\na,1716045542,1.5\nb,1716045543,cheap\n,1716045544,2\n"), default);
        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.PartialSuccess, 3, 1, 2), (job.State, job.Total, job.Success, job.Errors));

        var rejected = await system.Api.GetRejectedAsync(job.JobId, new RejectedQuery(), default);
        Assert.Equal([(2L, "NOT_A_FLOAT"), (3L, "INVALID_EVENT_ID")], rejected.Rows.Select(row => (row.Row, row.Error)));

        var again = await system.Api.ReprocessAsync(
            job.JobId, new ReprocessRequest { Set = new Dictionary<string, string> { ["amount"] = "9.5", ["event_id"] = "z" } }, default);
        again = await system.Api.WaitUntilOverAsync(again.JobId);
        Assert.Equal((JobState.Success, 2), (again.State, again.Success));

        var report = await system.Api.VerifyAsync(job.JobId, default);
        Assert.True(report.Consistent, string.Join(' ', report.Breaches));
        Assert.Equal((3L, 0L), (report.Lineage!.Loaded, report.Lineage.LoadedTwice));
        await system.ConservedAsync(job);
    }

    [Fact]
    public async Task The_sample_job_of_the_dashboard_is_submitted_and_has_its_one_bad_row()
    {
        var result = await system.App.ResourceCommands.ExecuteCommandAsync("api", Batch.AppHost.SampleJob.Command);
        Assert.True(result.Success, result.Message);
        var model = (await system.Api.ListModelsAsync(default)).Single(model => model.Name == "sample purchases");
        var job = (await system.Api.ListJobsAsync(new JobQuery { Model = model.ModelId }, default)).Jobs.Single();
        Assert.Equal((JobState.PartialSuccess, 2, 1),
            await system.Api.WaitUntilOverAsync(job.JobId) is var over ? (over.State, over.Success, over.Errors) : default);
    }

    [Fact]
    public void There_is_a_process_for_each_worker_and_all_resources_are_healthy()
    {
        var model = system.App.Services.GetRequiredService<DistributedApplicationModel>();
        var worker = model.Resources.Single(resource => resource.Name == "worker");
        Assert.Equal(2, worker.GetReplicaCount());
        foreach (var name in (string[])["log", "clickhouse", "api"])
        {
            Assert.True(system.App.ResourceNotifications.TryGetCurrentState(name, out var state));
            Assert.Equal(KnownResourceStates.Running, state.Snapshot.State?.Text);
        }
    }
}
