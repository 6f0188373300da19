using System.Diagnostics;
using Batch.Client;
using Batch.Tests.EndToEnd.Cluster;

namespace Batch.Tests.EndToEnd;

/// <summary>Starting, stopping, and starting twice.</summary>
[Collection("end to end")]
public sealed class LifecycleTests
{
    [Fact]
    public async Task A_second_instance_on_the_same_folder_is_refused_in_one_sentence_and_the_first_goes_on()
    {
        await using var system = await StandaloneProcess.StartNewAsync();
        var (exitCode, output) = await StandaloneProcess.RunAsync("--data", system.DataFolder, "--port", "0", "--clickhouse-port", "0", "--kafka-port", "0", "--metrics-port", "0");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("Another Batch", output, StringComparison.Ordinal);
        Assert.Contains("--data", output);
        Assert.Single(output.Trim().Split('\n'));
        Assert.Empty(await system.Api.ListModelsAsync(default));
    }

    [Fact]
    public async Task A_stop_by_SIGTERM_is_clean_and_the_next_start_carries_on()
    {
        await using var system = await StandaloneProcess.StartNewAsync(workers: 0);
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(50_000), default);
        Assert.Equal(0, await system.StopAsync());

        await system.StartAsync();
        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.Success, 50_000), (job.State, job.Success));
        await system.ConservedAsync(job);
    }

    [Fact]
    public async Task An_upload_that_is_open_at_SIGTERM_is_finished_first_and_loaded_after_the_next_start()
    {
        await using var system = await StandaloneProcess.StartNewAsync();
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
        Assert.DoesNotContain("fail:", system.Output);
    }

    [Fact]
    public async Task ClickHouse_waits_for_the_disk_where_it_is_told_to_also_after_it_was_killed()
    {
        await using var system = new StandaloneProcess { Switches = ["--fsync"] };
        await system.StartAsync();
        const string settings = "SELECT count() FROM system.merge_tree_settings WHERE name IN ('fsync_after_insert', 'fsync_part_directory') AND value = '1'";
        Assert.Equal("2", await system.QueryAsync(settings));
        var engine = system.EngineId;
        system.KillEngine();
        for (var tries = 0; ; tries++)
        {
            try
            {
                Assert.Equal("2", await system.QueryAsync(settings));
                break;
            }
            catch (HttpRequestException) when (tries < 300)
            {
                await Task.Delay(100);
            }
        }
        Assert.NotEqual(engine, system.EngineId);
    }

    [Theory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    public async Task A_signal_to_the_whole_group_as_of_Ctrl_C_leaves_the_engine_to_its_parent(string signal)
    {
        await using var system = await StandaloneProcess.StartNewAsync();
        var engine = system.EngineId;
        using (var kill = Process.Start("kill", [signal, $"{engine}"]))
            await kill.WaitForExitAsync();
        await Task.Delay(500);
        Assert.Equal("1", await system.QueryAsync("SELECT 1"));
        Assert.Equal(engine, system.EngineId);
        Assert.Equal(0, await system.StopAsync());
        Assert.DoesNotContain("fail:", system.Output);
    }

    /// <remarks>By the app host, which runs the same program.</remarks>
    [Fact]
    public async Task The_demo_runs_the_quick_start_and_ends_when_asked_to()
    {
        var data = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
        var (exitCode, output) = await StandaloneProcess.RunAsync(
            StandaloneProcess.AppHost, [], "demo", "--exit", "--data", data, "--port", "0", "--clickhouse-port", "0", "--kafka-port", "0", "--metrics-port", "0");
        Assert.True(exitCode == 0, output);
        Assert.Contains("PARTIAL_SUCCESS", output);
        Assert.Contains("The value for 'amount' is not a float.", output);
        Assert.Contains("none lost, none doubled", output);
        Assert.DoesNotContain("fail:", output);
        Directory.Delete(data, recursive: true);
    }
}
