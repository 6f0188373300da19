using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Batch.Cli.Commands;
using Batch.Cli.Help;
using Batch.Csv.Schema;

namespace Batch.Cli;

/// <summary>The command line of <c>batch</c>: one file a verb in Commands/.</summary>
public static class BatchCommandLine
{
    public static async Task<int> RunAsync(string[] args, Terminal terminal)
    {
        var root = Create(terminal);
        // A label may begin with @, so nothing is read from files of that name.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0 && parsed.Action is not DetailedHelp)
        {
            await terminal.Error.WriteLineAsync($"{Sentence(parsed)} See '{CommandPath(parsed)} --help'.");
            return ExitCodes.Usage;
        }
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false });
        }
        catch (IOException fault)
        {
            // Commands say their own faults; this is the help that could not be written.
            return Faults.Report(fault, terminal, CancellationToken.None);
        }
    }

    internal static RootCommand Create(Terminal terminal)
    {
        var root = new RootCommand("Loads CSV files into ClickHouse and explains every bad row.")
        {
            ModelCommands.Create(terminal),
            JobCommands.Create(terminal),
            ReprocessCommand.Create(terminal),
            DeadLetterCommands.Create(terminal),
            SchemaCommand.Create(terminal),
            ValidateCommand.Create(terminal),
            ExplainCommand.Create(terminal),
            ContextCommands.Create(terminal),
            CompletionCommand.Create(terminal),
        };
        root.Add(CompletionCommand.CreateComplete(terminal, root));
        ServiceOptions.AddTo(root);
        DetailedHelp.AddTo(root);
        return root;
    }

    static string Sentence(ParseResult parsed)
    {
        var message = parsed.Errors[0].Message.ReplaceLineEndings(" ").Trim();
        if (ValueFault(parsed.Errors[0]) is { } fault)
            return fault;
        if (parsed.CommandResult.Command is { Subcommands.Count: > 0 } group && parsed.UnmatchedTokens.Count == 0)
            return $"'{CommandPath(parsed)}' wants one of: {string.Join(", ", group.Subcommands.Where(child => !child.Hidden).Select(child => child.Name))}.";
        if (parsed.UnmatchedTokens is [var unknown, ..])
        {
            var command = parsed.CommandResult.Command;
            var known = unknown.StartsWith('-')
                ? command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive))
                    .Select(option => option.Name)
                : command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name);
            message = $"'{unknown}' is not {(unknown.StartsWith('-') ? "an option" : "a command")} here.";
            if (ClosestMatch.Of(unknown, known) is { } nearest)
                message += $" Did you mean '{nearest}'?";
        }
        return message.EndsWith('.') || message.EndsWith('?') ? message : message + ".";
    }

    /// <summary>A value that cannot be read, in words; the parser's own message has the name of a .NET type.</summary>
    static string? ValueFault(ParseError error) =>
        error.SymbolResult is OptionResult { Option: { } option, Tokens: [var given, ..] }
        && (Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType) is var type && (type == typeof(int) || type == typeof(long))
        && !long.TryParse(given.Value, CultureInfo.InvariantCulture, out _)
            ? $"'{given.Value}' is not a whole number, which {option.Name} takes."
            : null;

    static string CommandPath(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as CommandResult)
            names.Push(at.Command is RootCommand ? "batch" : at.Command.Name);
        return string.Join(' ', names);
    }
}
