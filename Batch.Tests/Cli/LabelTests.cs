using System.Text.Json;
using Batch.Client;

namespace Batch.Tests.Cli;

/// <summary>What <c>job create --label</c> says of a file that was sent before.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class LabelTests
{
    static async Task<CliRun> CreateAsync(int status, JobStatus job, params string[] options)
    {
        await using var api = await StubApi.StartAsync();
        api.On("POST /jobs", status, JsonSerializer.Serialize(job, BatchJson.Default.JobStatus)).On($"GET /jobs/{job.JobId}", job);
        using var file = new TemporaryFile("data.csv", "a\n1\n");
        return await CliRun.RunAsync(["job", "create", "model_123", file.Path, "--label", "monday", .. options], api.World);
    }

    [Fact]
    public async Task A_job_that_existed_already_is_reported_as_such()
    {
        var run = await CreateAsync(200, Samples.Jobs[4]);
        Assert.Equal(("", "job a5b6c7d8 exists already under this label.\n", 0), (run.Out, run.Error, run.ExitCode));
    }

    [Fact]
    public async Task A_resumed_load_is_reported_as_resumed()
    {
        var run = await CreateAsync(202, Samples.Jobs[4] with { Attempt = 1 });
        Assert.Equal(("job a5b6c7d8 resumed.\n", "job_id a5b6c7d8000000000000000000000000\n", 0), (run.Out, run.Error, run.ExitCode));
    }

    [Fact]
    public async Task Quiet_prints_the_whole_id_whether_or_not_it_was_there()
    {
        var run = await CreateAsync(200, Samples.Jobs[4], "--quiet");
        Assert.Equal((Samples.Jobs[4].JobId + "\n", "", 0), (run.Out, run.Error, run.ExitCode));
    }

    [Fact]
    public async Task With_wait_the_exit_code_is_that_of_the_job_that_was_there()
    {
        var job = Samples.Jobs[4] with { State = JobState.PartialSuccess };
        var run = await CreateAsync(200, job, "--wait");
        Assert.Equal(3, run.ExitCode);
        Assert.StartsWith("job a5b6c7d8 exists already under this label.\n", run.Error);
    }
}
