using System.Net;
using Batch.Client;
using Batch.Tests.EndToEnd.Cluster;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>Starting, stopping, starting twice, and dying: of the app host, and of each of its processes.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class LifecycleTests
{
    /// <summary>The orchestrator looks for its app host every few seconds.</summary>
    static readonly TimeSpan LeftAfterKill = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_second_instance_on_the_same_folder_is_refused_in_one_sentence_and_the_first_goes_on()
    {
        await using var system = await AppHostProcess.StartNewAsync(workers: 1);
        var (exitCode, _, errors) = await AppHostProcess.RunAsync([], ["--data", system.DataFolder, .. AppHostProcess.AnyPorts]);
        Assert.Equal(1, exitCode);
        Assert.StartsWith("Another Batch", errors, StringComparison.Ordinal);
        Assert.Contains($"process {system.ProcessId}", errors);
        Assert.Contains("--data", errors);
        Assert.Single(errors.Trim().Split('\n'));
        Assert.Empty(await system.Api.ListModelsAsync(default));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_stop_leaves_no_process_and_the_next_start_carries_on(string signal)
    {
        await using var system = await AppHostProcess.StartNewAsync(workers: 0);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(50_000), default);
        Assert.Equal(0, await system.StopAsync(signal));
        await system.NothingIsLeftAsync(TimeSpan.FromSeconds(5));

        await system.StartAsync();
        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.Success, 50_000), (job.State, job.Success));
        await system.ConservedAsync(job);
    }

    [Fact]
    public async Task An_app_host_that_is_killed_leaves_no_process_and_one_that_is_started_at_once_waits_for_that_and_carries_on()
    {
        await using var system = await AppHostProcess.StartNewAsync(workers: 0);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(50_000), default);
        var former = system.Processes().Select(process => process.Id).ToHashSet();
        Assert.NotEmpty(system.ProcessesOf("Batch.EmbeddedKafka"));
        system.Kill9();

        await system.StartAsync();
        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.Success, 50_000), (job.State, job.Success));
        await system.ConservedAsync(job);
        // API and workers of the former notice within seconds; log and ClickHouse were waited for.
        bool IsFormer((int Id, string Command) process) => former.Contains(process.Id) && process.Command.Contains("Batch.", StringComparison.Ordinal);
        for (var until = DateTime.UtcNow + LeftAfterKill; system.Processes().Any(IsFormer); await Task.Delay(100))
            Assert.True(DateTime.UtcNow < until, string.Join(Environment.NewLine, system.Processes().Where(IsFormer)));

        system.Kill9();
        await system.NothingIsLeftAsync(LeftAfterKill);
    }

    [Fact]
    public async Task An_upload_that_is_open_at_a_stop_is_finished_first_and_loaded_after_the_next_start()
    {
        await using var system = await AppHostProcess.StartNewAsync();
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        using var file = new PausedFile(CsvText.Rows(100_000), after: 1 << 20);
        var upload = system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, file, default);
        await file.UnderWay;
        var stop = system.StopAsync();
        await Task.Delay(500);
        Assert.False(stop.IsCompleted, "it did not wait for the upload");
        file.GoOn();
        var created = await upload;
        Assert.Equal(0, await stop);

        await system.StartAsync();
        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.Success, 100_000), (job.State, job.Success));
        await system.ConservedAsync(job);
    }

    [Fact]
    public async Task An_upload_that_is_open_for_longer_than_a_stop_waits_is_told_so_and_its_job_is_FAILED_with_the_reason()
    {
        await using var system = await AppHostProcess.StartNewAsync(environment: [("Uploads__StopSeconds", "4")]);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        using var file = new PausedFile(CsvText.Rows(400_000), after: 1 << 20);
        var upload = system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, file, default);
        await file.UnderWay;
        var stop = system.StopAsync();
        await SaysAsync(system, "Open uploads: 1.");
        var late = await Assert.ThrowsAsync<BatchApiException>(() =>
            system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(10), default));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UPLOAD_INTERRUPTED"), (late.StatusCode, late.Code));
        await SaysAsync(system, "did not finish in time: 1.");
        file.GoOn();
        var ended = await Assert.ThrowsAsync<BatchApiException>(() => upload);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "UPLOAD_INTERRUPTED"), (ended.StatusCode, ended.Code));
        Assert.Contains("under the same label", ended.Message);
        Assert.Equal(0, await stop);

        await system.StartAsync();
        var job = await system.Api.WaitUntilOverAsync(ended.JobId!);
        Assert.Equal((JobState.Failed, "UPLOAD_INTERRUPTED"), (job.State, job.FailureCode));
        Assert.Contains("the API was stopped", job.Failure);
        await system.ConservedAsync(job);
        Assert.Single((await system.Api.ListJobsAsync(new JobQuery(), default)).Jobs);
    }

    static async Task SaysAsync(AppHostProcess system, string words)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(60); !system.Output.Contains(words, StringComparison.Ordinal); await Task.Delay(50))
            Assert.True(DateTime.UtcNow < deadline, system.Output);
    }

    [Fact]
    public async Task Each_process_that_is_killed_in_mid_job_is_started_again_and_the_job_ends_with_every_row_once()
    {
        await using var system = await AppHostProcess.StartNewAsync(environment: [("Chunker__ChunkBytes", "65536")]);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        foreach (var program in (string[])["Batch.Worker", "Batch.EmbeddedKafka", "Batch.EmbeddedClickHouse", "Batch.Api"])
        {
            using var file = new PausedFile(CsvText.Rows(100_000, badEvery: 100), after: 1 << 20);
            var upload = system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId, FileName = program }, file, default);
            await file.UnderWay;
            await UntilAsync(system, async () =>
                (await system.Api.ListJobsAsync(new JobQuery(), default)).Jobs.Any(job => job.FileName == program && job.Success > 0));
            var killed = system.ProcessesOf(program);
            if (program == "Batch.Api")
            {
                // An upload whose API dies is over; the next one is accepted all the same.
                AppHostProcess.Signal("KILL", killed.Single());
                await Assert.ThrowsAnyAsync<Exception>(() => { file.GoOn(); return upload; });
            }
            else
            {
                AppHostProcess.Signal("KILL", killed[0]);
                file.GoOn();
                var job = await system.Api.WaitUntilOverAsync((await upload).JobId);
                Assert.Equal((JobState.PartialSuccess, 99_000L, 1_000L), (job.State, job.Success, job.Errors));
                await AnswersAsync(system);
                await system.ConservedAsync(job);
            }
            await IsBackAsync(system, program, killed);
        }
        var after = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(100), default);
        Assert.Equal(JobState.Success, (await system.Api.WaitUntilOverAsync(after.JobId)).State);
    }

    static async Task AnswersAsync(AppHostProcess system) => await UntilAsync(system, async () => await system.QueryAsync("SELECT 1") == "1");

    static async Task IsBackAsync(AppHostProcess system, string program, IReadOnlyList<int> killed)
    {
        await UntilAsync(system, async () =>
        {
            using var health = await system.Http.GetAsync(new Uri(system.ApiAddress, "/health"));
            var now = system.ProcessesOf(program);
            return health.IsSuccessStatusCode && now.Count == killed.Count && !now.SequenceEqual(killed);
        });
        Assert.Contains("was ended by a signal", system.Output);
    }

    static async Task UntilAsync(AppHostProcess system, Func<Task<bool>> condition)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(60); ; await Task.Delay(200))
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
            Assert.True(DateTime.UtcNow < deadline, system.Output);
        }
    }

    [Fact]
    public async Task ClickHouse_waits_for_the_disk_where_it_is_told_to()
    {
        await using var system = new AppHostProcess();
        await system.StartAsync(workers: 0, ["--fsync"]);
        Assert.Equal("2", await system.QueryAsync(
            "SELECT count() FROM system.merge_tree_settings WHERE name IN ('fsync_after_insert', 'fsync_part_directory') AND value = '1'"));
    }

    [Fact]
    public async Task The_demo_runs_the_quick_start_and_ends_when_asked_to()
    {
        var data = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
        var (exitCode, output, errors) =
            await AppHostProcess.RunAsync([], ["demo", "--exit", "--infrastructure", "embedded", "--data", data, .. AppHostProcess.AnyPorts]);
        Assert.True(exitCode == 0, output + errors);
        Assert.Contains("PARTIAL_SUCCESS", output);
        Assert.Contains("The value for 'amount' is not a float.", output);
        Assert.Contains("none lost, none doubled", output);
        Assert.Contains("Dashboard   http://localhost:", output);
        // Neither Aspire nor the processes say anything that a newcomer could take for an error.
        foreach (var alarming in (string[])["fail:", "warn:", "certificate", "exception", "is started again"])
            Assert.DoesNotContain(alarming, output + errors, StringComparison.OrdinalIgnoreCase);
        Directory.Delete(data, recursive: true);
    }
}
