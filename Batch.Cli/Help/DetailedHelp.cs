using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Batch.Cli.Help;

/// <summary><c>--help</c>, with examples and exit codes below what the library knows to say.</summary>
internal sealed class DetailedHelp(HelpAction basic) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public static void AddTo(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().First();
        help.Action = new DetailedHelp((HelpAction)help.Action!);
    }

    public override int Invoke(ParseResult parseResult)
    {
        // In the list of its parent a command has its first paragraph.
        foreach (var child in parseResult.CommandResult.Command.Subcommands)
            child.Description = child.Description?.ReplaceLineEndings("\n").Split("\n\n")[0];
        var exitCode = basic.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (CommandGuides.Find(parseResult.CommandResult.Command) is { } guide)
        {
            output.WriteLine("Examples:");
            foreach (var example in guide.Examples)
                output.WriteLine("  " + example);
            output.WriteLine();
            output.WriteLine("Exit codes:");
            foreach (var (code, meaning) in guide.ExitCodes)
                output.WriteLine($"  {code,-4} {meaning}");
            output.WriteLine();
        }
        return exitCode;
    }
}
