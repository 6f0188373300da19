using System.Text.Json;
using Batch.Cli;
using Batch.Client;

namespace Batch.Tests.Cli;

[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class RepairCommandTests
{
    [Fact]
    public async Task Rows_that_a_repair_left_out_are_counted_beside_the_seeds_line()
    {
        await using var api = await StubApi.StartAsync();
        api.On("POST /jobs/a5b6c7d8/reprocess", Samples.Jobs[4] with { AlreadyRepaired = 2 });

        var run = await CliRun.RunAsync(api.World, "job reprocess a5b6c7d8");

        Assert.Equal(("Reprocessing job a5b6c7d8 created\n", "2 rows were skipped: already repaired. --again loads them once more.\n", 0),
            (run.Out, run.Error, run.ExitCode));
    }

    [Theory]
    [InlineData("", "POST /jobs/a5b6c7d8/reprocess")]
    [InlineData("--again", "POST /jobs/a5b6c7d8/reprocess?again=true")]
    [InlineData("--ignore-extra-columns", "POST /jobs/a5b6c7d8/reprocess?extra_columns=ignore")]
    public async Task Options_reach_the_service(string option, string request)
    {
        await using var api = await StubApi.StartAsync();
        api.On("POST /jobs/a5b6c7d8/reprocess", Samples.Jobs[4]);

        await CliRun.RunAsync(api.World, $"reprocess a5b6c7d8 {option}");

        Assert.Equal(request, Assert.Single(api.Requests));
    }

    [Fact]
    public async Task Status_says_how_many_rejected_rows_are_repaired()
    {
        await using var api = await StubApi.StartAsync();
        api.On("GET /jobs/a2b3c4d5", Samples.Jobs[1] with { Repaired = 1 });

        var run = await CliRun.RunAsync(api.World, "job status a2b3c4d5");

        Assert.EndsWith("See why: batch job rejected a2b3c4d5\n1 row of these is repaired: later jobs have loaded it.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_of_a_job_that_is_not_over_proves_nothing_and_says_so_in_words_and_exit_code()
    {
        var run = await VerifyAsync(Report with { Final = false, NotFinal = "The job is not over yet: 3 of 7 rows so far." });

        Assert.Equal(ExitCodes.NotOver, run.ExitCode);
        Assert.EndsWith("\nThe job is not over yet: 3 of 7 rows so far.\n", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("accounted for", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_follows_the_file_over_its_repairs()
    {
        var run = await VerifyAsync(Report with
        {
            Lineage = new()
            {
                RootJobId = Samples.Jobs[1].JobId, RepairJobIds = ["b1", "b2"], Final = true, Total = 7, Loaded = 6, NotLoaded = 1, LoadedTwice = 0,
                LoadedAgain = 2,
            },
        });

        Assert.EndsWith("""
            Every row is accounted for: none lost, none doubled.
            The file, over job a2b3c4d5 and 2 repairs: 6 of 7 rows loaded, 1 not. 2 rows loaded again on request.

            """, run.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Success, run.ExitCode);
    }

    [Fact]
    public async Task A_breach_is_reported_with_exit_code_1()
    {
        var run = await VerifyAsync(Report with { Consistent = false, Breaches = ["1 rows are in the table twice: row 3."] });

        Assert.Equal((ExitCodes.Failure, "1 rows are in the table twice: row 3.\n"), (run.ExitCode, run.Error));
        Assert.EndsWith("The counts do not agree.\n", run.Out, StringComparison.Ordinal);
    }

    static VerifyReport Report => new()
    {
        JobId = Samples.Jobs[1].JobId, State = JobState.PartialSuccess, Total = 7, Success = 5, Errors = 2, Abandoned = 0, RowsInTable = 5,
        DistinctRowsInTable = 5,
        RejectedRowsInTable = 2, Final = true, Consistent = true, Breaches = [],
    };

    static async Task<CliRun> VerifyAsync(VerifyReport report)
    {
        await using var api = await StubApi.StartAsync();
        api.On("GET /jobs/a2b3c4d5/verify", 200, JsonSerializer.Serialize(report, BatchJson.Default.VerifyReport));
        return await CliRun.RunAsync(api.World, "job verify a2b3c4d5");
    }
}
