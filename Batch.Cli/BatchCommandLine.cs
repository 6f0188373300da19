using System.CommandLine;
using Batch.Cli.Commands;

namespace Batch.Cli;

/// <summary>The command line of <c>batch</c>: one file a verb in Commands/.</summary>
public static class BatchCommandLine
{
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var root = new RootCommand("""
            Batch: gets CSV files into ClickHouse and tells exactly what was wrong with them.

            Exit codes: 0 success, 1 failed, 2 usage, 3 partial success, 4 not allowed, 5 not found, 6 service unreachable, 7 timeout, 130 interrupted.
            """)
        {
            ModelCommands.Create(terminal),
            JobCommands.Create(terminal),
            ReprocessCommand.Create(terminal),
            SchemaCommand.Create(terminal),
        };
        ServiceOptions.AddTo(root);

        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is not System.CommandLine.Help.HelpAction)
        {
            foreach (var error in parsed.Errors)
                await terminal.Error.WriteLineAsync(error.Message);
            await terminal.Error.WriteLineAsync($"See '{CommandPath(parsed)} --help'.");
            return ExitCodes.Usage;
        }
        return await parsed.InvokeAsync(new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false });
    }

    static string CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as System.CommandLine.Parsing.CommandResult)
            names.Push(at.Command is RootCommand ? "batch" : at.Command.Name);
        return string.Join(' ', names);
    }
}
