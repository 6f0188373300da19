using Batch.Cli;
using Batch.Client;

namespace Batch.Tests.Cli;

/// <summary>Whatever goes wrong: one sentence with the way out on stderr, nothing on stdout, and the exit code that the help promises.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ErrorPathTests
{
    static void Says(CliRun run, int exitCode, params string[] parts)
    {
        Assert.Equal("", run.Out);
        Assert.Equal(exitCode, run.ExitCode);
        foreach (var part in parts)
            Assert.Contains(part, run.Error);
        Assert.Equal(1, run.Error.Count(c => c == '\n'));
        Assert.DoesNotContain("   at ", run.Error);
        Assert.DoesNotContain("Exception", run.Error);
    }

    [Theory]
    [InlineData("", "'batch' wants one of: model, job, reprocess,", "'batch --help'")]
    [InlineData("job", "'batch job' wants one of: list, status, create, wait, cancel,", "'batch job --help'")]
    [InlineData("job create m f.csv --max-errors many", "'many' is not a whole number, which --max-errors takes.", "'batch job create --help'")]
    [InlineData("jop list", "'jop' is not a command here. Did you mean 'job'?", "'batch --help'")]
    [InlineData("job creat m f.csv", "Did you mean 'create'?", "'batch job --help'")]
    [InlineData("job list --limt 5", "'--limt' is not an option here. Did you mean '--limit'?", "'batch job list --help'")]
    [InlineData("job list --output xml", "'xml'", "'table'")]
    [InlineData("job list --limit none", "'none' is not a whole number, which --limit takes.", "'batch job list --help'")]
    [InlineData("job list --limit 0", "--limit must be 1 or more.", "'batch job list --help'")]
    [InlineData("job wait a5b6 --timeout soon", "'soon' is not a duration. Write it like 30s, 5m or 2h.", "'batch job wait --help'")]
    [InlineData("job create", "Required argument 'model' missing", "'batch job create --help'")]
    [InlineData("job list --state done", "'done' is not a state.", "PARTIAL_SUCCESS")]
    [InlineData("job list --watch --output json", "--output ndjson")]
    [InlineData("job create m a.csv b.csv --label x", "A label is for one file")]
    [InlineData("job create m - -", "give - once")]
    [InlineData("job reprocess a5b6 --set amount", "--set amount is not COLUMN=VALUE")]
    [InlineData("job reprocess a5b6 --file x --only NULL_VALUE", "Give one or the other.")]
    [InlineData("job list --api-url localhost:8000", "'localhost:8000' is not the address of an API", "http://localhost:8000")]
    [InlineData("job list --context nowhere", "There is no context 'nowhere'", "batch context set nowhere --api-url URL")]
    public async Task A_command_line_that_cannot_be_is_a_usage_error(string command, params string[] parts) =>
        Says(await CliRun.RunAsync(new CliWorld(), command), ExitCodes.Usage, parts);

    [Fact]
    public async Task An_unreachable_service_is_reported_with_its_address()
    {
        var run = await CliRun.RunAsync(new CliWorld(new Uri("http://127.0.0.1:1")), "job list");

        Says(run, ExitCodes.Unreachable, "No answer from http://127.0.0.1:1/", "--api-url", "BATCH_API_URL");
    }

    [Theory]
    [InlineData(404, "JOB_NOT_FOUND", "No job of this tenant has the id 'a5b6'. List them with GET /jobs.", ExitCodes.NotFound,
        "List them with 'batch job list'.")]
    [InlineData(401, "API_KEY_MISSING", "A key is needed: send it as 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'.", ExitCodes.Auth, "BATCH_API_KEY")]
    [InlineData(403, "TENANT_MISMATCH", "The key belongs to another tenant.", ExitCodes.Auth, "another tenant")]
    [InlineData(400, "AMBIGUOUS_ID", "'a5b6' is ambiguous: it matches 2 or more. Give more digits of the id.", ExitCodes.Failure, "more digits")]
    [InlineData(503, "CLICKHOUSE_UNAVAILABLE", "ClickHouse is not available. Try again later.", ExitCodes.Unreachable, "Try again later. (Trace 4bf92f35.)")]
    [InlineData(500, "INTERNAL_ERROR", "Something went wrong in the API.", ExitCodes.Failure, "(Trace 4bf92f35.)")]
    public async Task A_refusal_is_the_services_sentence_in_terms_of_commands(int status, string code, string detail, int exitCode, string part)
    {
        await using var api = await StubApi.StartAsync();
        api.OnProblem("GET /jobs/a5b6", status, code, detail);

        var run = await CliRun.RunAsync(api.World, "job status a5b6");

        Says(run, exitCode, part);
        Assert.DoesNotContain("GET /", run.Error);
    }

    [Fact]
    public async Task A_server_that_is_not_Batch_is_named_as_such()
    {
        await using var api = await StubApi.StartAsync();
        api.On("GET /jobs/a5b6", 200, "<html>Welcome</html>");

        Says(await CliRun.RunAsync(api.World, "job status a5b6"), ExitCodes.Failure, "not a Batch API's", "Check that the address");
    }

    [Theory]
    [InlineData("job create purchases /nowhere/data.csv", ExitCodes.NotFound, "/nowhere/data.csv")]
    [InlineData("job create purchases /nowhere", ExitCodes.NotFound, "There is no file '/nowhere'. Check the path.")]
    [InlineData("job create purchases /", ExitCodes.Usage, "'/' is a folder. Give the files in it, for example /*.csv.")]
    [InlineData("model create purchases /nowhere.json", ExitCodes.NotFound, "There is no file '/nowhere.json'.")]
    public async Task A_file_that_cannot_be_read_is_named(string command, int exitCode, string part) =>
        Says(await CliRun.RunAsync(new CliWorld(), command), exitCode, part);

    [Fact]
    public async Task Nothing_is_uploaded_where_one_of_the_paths_is_wrong()
    {
        await using var api = await StubApi.StartAsync();
        using var file = new TemporaryFile("good.csv", "a\n1\n");
        var run = await CliRun.RunAsync(["job", "create", "m", file.Path, "/nowhere.csv"], api.World);
        Says(run, ExitCodes.NotFound, "There is no file '/nowhere.csv'.");
        Assert.Empty(api.Requests);
    }

    [Fact]
    public async Task A_time_limit_without_something_to_wait_for_is_refused() =>
        Says(await CliRun.RunAsync(new CliWorld(), "job create m f.csv --timeout 5s"), ExitCodes.Usage, "give --wait too");

    [Fact]
    public async Task A_schema_that_is_not_JSON_is_reported_with_the_position()
    {
        using var file = new TemporaryFile("model.json", "{\n  \"a\": String\n}");

        Says(await CliRun.RunAsync(["model", "create", "purchases", file.Path]), ExitCodes.Usage, "model.json is not JSON (line 2, byte 8).",
            "batch schema data.csv");
    }

    [Fact]
    public async Task A_config_file_that_is_not_JSON_is_reported_with_the_position()
    {
        using var file = new TemporaryFile("config.json", "{\n \"current\"");

        Says(await CliRun.RunAsync(new CliWorld().With("BATCH_CONFIG", file.Path), "job list"), ExitCodes.Usage, file.Path, "is not valid JSON (line 2)");
    }

    [Fact]
    public async Task What_other_people_wrote_cannot_move_the_cursor()
    {
        await using var api = await StubApi.StartAsync();
        var evil = Samples.Jobs[0] with { ModelName = "\e[2Jx", State = JobState.Failed, Failure = "\e]0;owned\a no" };
        api.On("GET /jobs/a1b2c3d4", evil);

        var run = await CliRun.RunAsync(api.World, "job status a1b2c3d4");

        Assert.DoesNotContain('\e', run.Out + run.Error);
    }
}
