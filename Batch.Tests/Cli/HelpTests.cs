using System.CommandLine;
using System.Globalization;
using Batch.Cli;
using Batch.Cli.Help;

namespace Batch.Tests.Cli;

/// <summary>The help of every command tells how it is used and what its exit codes mean.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class HelpTests
{
    static readonly Terminal Nowhere = new(TextReader.Null, TextWriter.Null, TextWriter.Null, 0, Animate: false, Colour: false) { Variable = _ => null };

    public static TheoryData<string> Commands => [.. Leaves(BatchCommandLine.Create(Nowhere)).Select(CommandGuides.PathOf).Prepend("")];

    static IEnumerable<Command> Leaves(Command command) =>
        command.Subcommands.Count == 0 ? [command] : command.Subcommands.Where(child => !child.Hidden).SelectMany(Leaves);

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_has_examples_that_are_command_lines_and_its_exit_codes(string path)
    {
        var run = await CliRun.RunAsync([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var examples = run.OutLines.SkipWhile(line => line != "Examples:").Skip(1).TakeWhile(line => line.Length > 0).Select(line => line.Trim()).ToList();
        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Contains($"batch {path}".Trim(), example));
        Assert.All(examples, example => Assert.InRange(example.Length, 1, 78));
        foreach (var commandLine in examples.SelectMany(BatchCallsOf))
            Assert.True(BatchCommandLine.Create(Nowhere).Parse(commandLine).Errors is [], $"{commandLine} is not a command line of batch");
        var codes = run.OutLines.SkipWhile(line => line != "Exit codes:").Skip(1)
            .Select(line => int.Parse(line.Trim().Split(' ')[0], CultureInfo.InvariantCulture)).ToList();
        Assert.Contains(ExitCodes.Success, codes);
        Assert.Contains(ExitCodes.Usage, codes);
        Assert.Equal(codes.Order().Distinct(), codes);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Help_asks_no_service(string path)
    {
        await using var api = await StubApi.StartAsync();

        await CliRun.RunAsync([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"], api.World);

        Assert.Empty(api.Requests);
    }

    [Fact]
    public async Task The_help_of_all_has_a_line_for_each_command()
    {
        var run = await CliRun.RunAsync(["--help"]);

        var lines = run.OutLines.SkipWhile(line => line != "Commands:").Skip(1).TakeWhile(line => line.Length > 0).ToList();
        Assert.Equal(BatchCommandLine.Create(Nowhere).Subcommands.Where(child => !child.Hidden).Select(child => child.Name),
            lines.Select(line => line.Trim().Split(' ')[0]));
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 120));
    }

    [Fact]
    public async Task The_help_of_all_names_every_exit_code()
    {
        var run = await CliRun.RunAsync(["--help"]);

        foreach (var code in typeof(ExitCodes).GetFields().Select(field => field.GetRawConstantValue()!))
            Assert.Contains(run.OutLines, line => line.StartsWith($"  {code} ", StringComparison.Ordinal));
    }

    /// <summary>The words after each "batch" of a line for a shell, up to where another command or a file takes over.</summary>
    static IEnumerable<string[]> BatchCallsOf(string example) =>
        example.Replace("<(", "", StringComparison.Ordinal).Replace(")", "", StringComparison.Ordinal).Replace("source ", "", StringComparison.Ordinal)
            .Split(["&&", "|"], StringSplitOptions.TrimEntries)
            .Where(part => part.StartsWith("batch", StringComparison.Ordinal))
            .Select(part => part.Split('>', '<')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(word => word.Trim('\'')).ToArray());
}
