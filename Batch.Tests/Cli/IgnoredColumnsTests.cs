using Batch.Cli;
using Batch.Client;

namespace Batch.Tests.Cli;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class IgnoredColumnsTests
{
    static readonly JobStatus Job = Samples.Job("a1b2c3d4", "purchases", JobState.Success, 10, 10, 0, "00:01", "00:02") with
    {
        IgnoredColumns = ["legacy", "Name"],
        Warnings = ["The column 'Name' was ignored and the model's 'name' was filled with nothing: they differ in capitals."],
    };

    const string Said =
        "ignored columns: legacy, Name\nwarning: The column 'Name' was ignored and the model's 'name' was filled with nothing: they differ in capitals.\n";

    [Theory]
    [InlineData("job create m FILE")]
    [InlineData("job create m FILE --wait")]
    [InlineData("job status a1b2c3d4")]
    public async Task One_line_says_which_columns_were_ignored_once(string command)
    {
        await using var api = await StubApi.StartAsync();
        api.On("POST /jobs", Job).On($"GET /jobs/{Job.JobId}", Job).On("GET /jobs/a1b2c3d4", Job);
        using var file = new TemporaryFile("data.csv", "legacy,id,Name\nx,1,Ann\n");

        var run = await CliRun.RunAsync(api.World, command.Replace("FILE", file.Path));

        Assert.Equal(ExitCodes.Success, run.ExitCode);
        Assert.Contains(Said, run.Error);
        Assert.Equal(run.Error.IndexOf(Said, StringComparison.Ordinal), run.Error.LastIndexOf(Said, StringComparison.Ordinal));
    }
}
