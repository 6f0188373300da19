using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Batch.Cli;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Tests.Cli;

/// <summary>The real program on a terminal of 80 and of 200 columns: it fits, it moves, and off the terminal it does neither.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed partial class TerminalTests
{
    const string NoScript = "There is no /usr/bin/script (util-linux) to make a terminal with.";

    /// <summary>Jobs that get on: enough answers for the bar to be drawn a few times.</summary>
    static JobStatus[] Progress { get; } =
    [
        .. Enumerable.Range(0, 16)
            .Select(n => Samples.Job("a3b4c5d6", "Payment Gateway", JobState.Running, 5_000_000, 300_000 * n, 1_234 * n, "00:01", "00:05")),
        Samples.Job("a3b4c5d6", "Payment Gateway", JobState.PartialSuccess, 5_000_000, 4_980_000, 20_000, "00:01", "00:40"),
    ];

    static async Task<StubApi> UploadApiAsync()
    {
        var api = await StubApi.StartAsync(TimeSpan.FromMilliseconds(60));
        return api.On("POST /jobs", Progress[0]).On($"GET /jobs/{Progress[0].JobId}", Progress);
    }

    static TemporaryFile LargeFile => new("data.csv", Encoding.UTF8.GetBytes("a\n" + string.Concat(Enumerable.Repeat("0123456789\n", 2_000_000))));

    static void Fits(string screen, int columns) =>
        Assert.All(BatchProcess.Lines(screen), line => Assert.True(TextWidth.Of(line) <= columns, $"{TextWidth.Of(line)} columns: {line}"));

    [SkippableTheory]
    [InlineData(80)]
    [InlineData(200)]
    public async Task Upload_and_processing_are_bars_that_move_and_fit(int columns)
    {
        Skip.IfNot(BatchProcess.HasTerminal, NoScript);
        await using var api = await UploadApiAsync();
        using var file = LargeFile;

        var run = await BatchProcess.OnTerminalAsync(api.World, columns, $"job create m {file.Path} --wait");

        Assert.Equal(ExitCodes.PartialSuccess, run.ExitCode);
        Fits(run.Out, columns);
        var lines = BatchProcess.Lines(run.Out).ToList();
        var sent = lines.Where(line => line.Contains("data.csv", StringComparison.Ordinal)).SelectMany(line => Percent().Matches(line))
            .Select(match => match.Value).Distinct();
        var done = lines.Where(line => line.Contains("rows", StringComparison.Ordinal)).SelectMany(line => Rows().Matches(line)).Select(match => match.Value)
            .Distinct();
        Assert.True(sent.Count() >= 3, $"The bar of the upload stood still:\n{run.Out}");
        Assert.True(done.Count() >= 3, $"The bar of the job stood still:\n{run.Out}");
        Assert.Contains(lines, line => line.StartsWith("job a3b4c5d6 created.", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("a3b4c5d6 Payment G.. PARTIAL_SUCCESS", StringComparison.Ordinal));
        if (columns == 200)
            Assert.Contains(lines, line => line.Contains("bad", StringComparison.Ordinal) && line.Contains("rows/s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Off_a_terminal_nothing_moves_and_nothing_is_coloured()
    {
        await using var api = await UploadApiAsync();
        using var file = LargeFile;

        var run = await BatchProcess.RunAsync(api.World, "job", "create", "m", file.Path, "--wait");

        Assert.Equal(ExitCodes.PartialSuccess, run.ExitCode);
        Assert.DoesNotContain('\e', run.Out + run.Error);
        Assert.DoesNotContain('\r', run.Out + run.Error);
        Assert.DoesNotContain("rows/s", run.Error);
        Assert.StartsWith("job a3b4c5d6 created.\n", run.Out);
    }

    [SkippableFact]
    public async Task With_NO_COLOR_a_terminal_is_like_none()
    {
        Skip.IfNot(BatchProcess.HasTerminal, NoScript);
        await using var api = await UploadApiAsync();
        api.OnList(Samples.Jobs);
        using var file = LargeFile;

        var create = await BatchProcess.OnTerminalAsync(api.World.With("NO_COLOR", "1"), 80, $"job create m {file.Path} --wait");
        var list = await BatchProcess.OnTerminalAsync(api.World.With("NO_COLOR", "1"), 80, "job list");

        Assert.DoesNotMatch(BatchProcess.Escape(), create.Out.Replace("\e[?1h\e=", "", StringComparison.Ordinal));
        Assert.DoesNotMatch(BatchProcess.Escape(), list.Out.Replace("\e[?1h\e=", "", StringComparison.Ordinal));
        Assert.Contains("a1b2c3d4 Fraud Det.. SUCCESS", list.Out);
    }

    [SkippableTheory]
    [InlineData(80, false)]
    [InlineData(200, true)]
    public async Task The_list_of_jobs_fits_and_has_colours(int columns, bool hasTimes)
    {
        Skip.IfNot(BatchProcess.HasTerminal, NoScript);
        await using var api = await StubApi.StartAsync();
        api.OnList(Samples.Jobs);

        var run = await BatchProcess.OnTerminalAsync(api.World, columns, "job list");

        Fits(run.Out, columns);
        Assert.Matches(BatchProcess.Colour(), run.Out);
        var lines = BatchProcess.Lines(run.Out).ToList();
        Assert.Equal(Samples.Jobs.Length + 2, lines.Count);
        Assert.Equal(hasTimes, lines[0].Contains("PROCESSING", StringComparison.Ordinal));
        Assert.All(lines.Skip(2), line => Assert.Matches(@"\[[#X-]{8,17}\] +\d+%", line));
    }

    [SkippableTheory]
    [InlineData(80)]
    [InlineData(200)]
    public async Task Watching_draws_the_table_again_in_place_until_the_job_is_over(int columns)
    {
        Skip.IfNot(BatchProcess.HasTerminal, NoScript);
        await using var api = await StubApi.StartAsync();
        api.On("GET /jobs/a3b4c5d6", Progress[2], Progress[8], Progress[^1]);

        var run = await BatchProcess.OnTerminalAsync(api.World, columns, "job status a3b4c5d6 --watch --interval 100ms");

        Assert.Equal(ExitCodes.PartialSuccess, run.ExitCode);
        Fits(run.Out, columns);
        Assert.Contains("\e[3A", run.Out);
        Assert.Equal(3, BatchProcess.Lines(run.Out).Count(line => line.StartsWith("a3b4c5d6", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public async Task Ctrl_C_ends_watching_with_130()
    {
        Skip.IfNot(BatchProcess.HasTerminal, NoScript);
        await using var api = await StubApi.StartAsync();
        api.OnList(Samples.Jobs);

        var run = await BatchProcess.OnTerminalAsync(api.World, 80, "job list --watch", interruptAfter: "a9b0c1d2");

        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
        Assert.DoesNotContain("   at ", run.Out);
    }

    [SkippableFact]
    public async Task Ctrl_C_ends_waiting_with_130_and_says_how_to_go_on()
    {
        Skip.IfNot(BatchProcess.HasTerminal, NoScript);
        await using var api = await StubApi.StartAsync();
        api.On("GET /jobs/a3b4c5d6", Progress[2]);

        var run = await BatchProcess.OnTerminalAsync(api.World, 80, "job wait a3b4c5d6", interruptAfter: "rows");

        Assert.Equal(ExitCodes.Interrupted, run.ExitCode);
        Assert.Contains("'batch job wait a3b4c5d6'", string.Join(' ', BatchProcess.Lines(run.Out)));
        Assert.DoesNotContain("   at ", run.Out);
    }

    [SkippableTheory]
    [InlineData(80)]
    [InlineData(200)]
    public async Task The_rejected_rows_fold_to_the_width(int columns)
    {
        Skip.IfNot(BatchProcess.HasTerminal, NoScript);
        await using var api = await StubApi.StartAsync();
        var kinds = Samples.RejectedRows.Select(row => new RejectedSummary(row.Column, row.Type, row.Error, 1_234_567, row.Observed)).ToList();
        api.On("GET /jobs/a5b6c7d8/rejected/summary",
            200, JsonSerializer.Serialize<IReadOnlyList<RejectedSummary>>(kinds, BatchJson.Default.IReadOnlyListRejectedSummary))
            .On("GET /jobs/a5b6c7d8/rejected", 200,
                JsonSerializer.Serialize(new RejectedPage(Samples.Jobs[4].JobId, 14, Samples.RejectedRows, null), BatchJson.Default.RejectedPage));

        var run = await BatchProcess.OnTerminalAsync(api.World, columns, "job rejected a5b6c7d8");

        Fits(run.Out, columns);
        var text = string.Join(' ', string.Join(' ', BatchProcess.Lines(run.Out)).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (columns == 80)
            Assert.All(Samples.RejectedRows, row => Assert.Contains(row.Message, text));
        else
            Assert.All(Samples.RejectedRows, row => Assert.Contains(BatchProcess.Lines(run.Out), line => line.Contains(row.Message, StringComparison.Ordinal)));
    }

    [SkippableTheory]
    [InlineData(80)]
    [InlineData(200)]
    public async Task Files_are_looked_at_with_a_bar_and_what_is_said_of_them_fits(int columns)
    {
        Skip.IfNot(BatchProcess.HasTerminal, NoScript);
        using var file = new TemporaryFile("data.csv",
            "event_id,timestamp,amount\n" + string.Concat(Enumerable.Range(0, 50_000).Select(n => $"e{n},{n},{(n % 7 == 0 ? "x" : "1.5")}\n")));
        using var model = new TemporaryFile("model.json", """{"event_id": "String", "timestamp": "UInt32", "amount": "Float64"}""");

        var schema = await BatchProcess.OnTerminalAsync(new CliWorld(), columns, $"schema {file.Path}");
        var validate = await BatchProcess.OnTerminalAsync(new CliWorld(), columns, $"validate {model.Path} {file.Path} --limit 3");

        Assert.Equal((ExitCodes.Success, ExitCodes.PartialSuccess), (schema.ExitCode, validate.ExitCode));
        Fits(schema.Out, columns);
        Fits(validate.Out, columns);
        Assert.Contains(BatchProcess.Lines(validate.Out), line => line.StartsWith("data.csv  [", StringComparison.Ordinal));
        Assert.Contains("data.csv: 42,857 of 50,000 rows are good, 7,143 are bad.", validate.Out);
    }

    [GeneratedRegex(@"\d+%")]
    private static partial Regex Percent();

    [GeneratedRegex(@"[\d,]+ of [\d,]+ rows")]
    private static partial Regex Rows();
}
