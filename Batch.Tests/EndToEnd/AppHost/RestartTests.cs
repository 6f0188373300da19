using Batch.Client;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>Processes that die while they start: under an app host that is just starting, and in one that is up.</summary>
[Collection("end to end")]
[Trait("Tier", "system")]
public sealed class RestartTests
{
    static readonly string[] Programs = ["Batch.EmbeddedKafka", "Batch.EmbeddedClickHouse", "Batch.Api", "Batch.Worker"];
    static readonly TimeSpan Starting = TimeSpan.FromMilliseconds(300);

    static int Kills => TestSettings.Number("BATCH_RESTART_KILLS", 3);

    /// <summary>The pause before a restart grows to half a minute.</summary>
    static TimeSpan Limit => TimeSpan.FromMinutes(2) + Kills * TimeSpan.FromSeconds(40);

    [Theory]
    [InlineData("Batch.EmbeddedClickHouse")]
    [InlineData("Batch.EmbeddedKafka")]
    public async Task A_process_that_is_killed_while_the_system_starts_is_started_again_and_the_system_comes_up(string program)
    {
        await using var system = new AppHostProcess();
        var start = system.StartAsync(workers: 1);
        await KillAsync(system, program, times: 2);
        await start;
        Assert.Contains("was ended by a signal", system.Output);

        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(1_000), default);
        var job = await system.Api.WaitUntilOverAsync(created.JobId);
        Assert.Equal((JobState.Success, 1_000), (job.State, job.Success));
    }

    [Fact]
    public async Task Processes_that_are_killed_again_and_again_while_they_restart_come_up_in_the_end_and_a_job_ends_with_every_row_once()
    {
        await using var system = await AppHostProcess.StartNewAsync(workers: 1, ("Chunker__ChunkBytes", "65536"));
        var model = await system.Api.CreateModelAsync(CsvText.Purchases(), default);
        var created = await system.Api.CreateJobAsync(new CreateJobRequest { ModelId = model.ModelId }, CsvText.Rows(200_000), default);

        await Task.WhenAll(Programs.Select(program => KillAsync(system, program, 1 + Kills)));

        var deadline = DateTime.UtcNow + Limit;
        for (JobStatus? job = null; job is not { IsOver: true }; await Task.Delay(200))
        {
            Assert.True(DateTime.UtcNow < deadline, system.Output);
            try
            {
                job = await system.Api.GetJobAsync(created.JobId, default);
            }
            catch (Exception fault) when (fault is BatchApiException or BatchUnreachableException)
            {
                // Not up again.
            }
        }
        var ended = await system.Api.GetJobAsync(created.JobId, default);
        Assert.Equal((JobState.Success, 200_000), (ended.State, ended.Success));
        await system.ConservedAsync(ended);
    }

    /// <summary>kill -9, each time when the process has been there for a moment.</summary>
    static async Task KillAsync(AppHostProcess system, string program, int times)
    {
        var killed = new HashSet<int>();
        for (var deadline = DateTime.UtcNow + Limit; killed.Count < times; await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < deadline, $"{program} was started {killed.Count} times:\n{system.Output}");
            foreach (var id in system.ProcessesOf(program).Where(id => !killed.Contains(id)))
            {
                await Task.Delay(Starting);
                AppHostProcess.Signal("KILL", id);
                killed.Add(id);
            }
        }
    }
}
