using System.Diagnostics;
using Batch.Client;

namespace Batch.Tests.EndToEnd;

/// <summary>The folder of a real engine cannot be written for a while: every file of it is made immutable, which binds root too.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class UnwritableFolderTests
{
    [SkippableFact]
    public async Task A_data_folder_that_cannot_be_written_for_a_while_costs_time_and_nothing_else()
    {
        await using var system = await SystemProcesses.StartNewAsync(workers: 1);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var before = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(1_000), default);
        await system.Api.WaitUntilOverAsync(before.JobId);
        var store = Path.Combine(system.DataFolder, "clickhouse", "store");
        try
        {
            Skip.IfNot(await ChangeAttributesAsync("+i", store), "Files cannot be made immutable here.");
            // Its record is in the log; the answer says that it will be loaded.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
            var refused = await Assert.ThrowsAsync<BatchApiException>(
                () => system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(1_000), limit.Token));
            Assert.Contains("do not submit it again", refused.Message, StringComparison.Ordinal);
            var health = await system.Http.GetStringAsync(new Uri(system.MetricsAddress, "health"), limit.Token);
            Assert.Contains("Operation not permitted", health, StringComparison.Ordinal);
        }
        finally
        {
            await ChangeAttributesAsync("-i", store);
        }
        using var healed = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var jobs = await system.Api.ListJobsAsync(new JobQuery(), healed.Token);
        while (jobs.Jobs.Count < 2 || !jobs.Jobs.All(job => job.IsOver))
        {
            await Task.Delay(200, healed.Token);
            jobs = await system.Api.ListJobsAsync(new JobQuery(), healed.Token);
        }
        foreach (var job in jobs.Jobs)
        {
            Assert.Equal((JobState.Success, 1_000L), (job.State, job.Success));
            await system.ConservedAsync(job);
        }
        Assert.Empty((await system.Api.ListDeadLettersAsync(new DeadLetterQuery(), default)).DeadLetters);
        while ((await system.Http.GetStringAsync(new Uri(system.MetricsAddress, "health"), healed.Token)).Contains("degraded", StringComparison.Ordinal))
            await Task.Delay(200, healed.Token);
    }

    static async Task<bool> ChangeAttributesAsync(string change, string folder)
    {
        try
        {
            using var chattr = Process.Start(new ProcessStartInfo("chattr", ["-R", change, folder]) { RedirectStandardError = true })!;
            await chattr.StandardError.ReadToEndAsync();
            await chattr.WaitForExitAsync();
            return chattr.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
