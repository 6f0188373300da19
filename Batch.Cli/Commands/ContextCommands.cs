using System.CommandLine;
using Batch.Cli.Contexts;
using Batch.Cli.Output;

namespace Batch.Cli.Commands;

/// <summary><c>batch context list | set | use | delete</c></summary>
internal static class ContextCommands
{
    public static Command Create(Terminal terminal) => new("context", "Store services by name in a config file")
    {
        List(terminal), Set(terminal), Use(terminal), Delete(terminal),
    };

    static Argument<string> NameArgument(Terminal terminal) => new("name")
    {
        Description = "Name of the context",
        CompletionSources = { _ => Names(terminal) },
    };

    static Command List(Terminal terminal)
    {
        var command = new Command("list", "List the contexts; the current one has a star");
        Session.Bind(command, terminal, (session, _) =>
        {
            var file = ContextFile.Read(terminal);
            var rows = file.Contexts.Select(pair => new ContextRow(
                pair.Key, pair.Key == file.Current, pair.Value.ApiUrl, pair.Value.Tenant, pair.Value.ApiKey is { Length: > 0 })).ToList();
            session.Many(OutputSchemas.Context, rows, output => Write(rows, output, session.Terminal.Width));
            if (rows.Count == 0)
                session.Say($"No contexts yet in {ContextFile.PathOf(terminal)}. Create one: batch context set NAME --api-url URL");
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    static void Write(List<ContextRow> rows, TextWriter output, int width)
    {
        if (rows.Count == 0)
            return;
        var table = new TextTable(width).Column("CURRENT").Column("NAME", 12).Column("API", 24, cutTo: 12).Column("TENANT", 12).Column("KEY");
        foreach (var row in rows)
            table.Row(row.Current ? "*" : "", row.Name, row.ApiUrl ?? "", row.Tenant ?? "", row.HasApiKey ? "yes" : "");
        table.Write(output);
    }

    static Command Set(Terminal terminal)
    {
        var name = NameArgument(terminal);
        var tenantHeader =
            new Option<string?>("--tenant-header") { Description = "The header that names the tenant, if it is not X-Tenant-ID", HelpName = "NAME" };
        var key = new Option<bool>("--api-key-stdin") { Description = "Read the API key from standard input, so that it does not end up in the shell history" };
        var command = new Command("set", "Create or change a context: its --api-url and --tenant") { name, tenantHeader, key };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var file = ContextFile.Read(terminal);
            var before = file.Contexts.GetValueOrDefault(session.Get(name)) ?? new Context();
            var url = session.Given(ServiceOptions.ApiUrl);
            file.Contexts[session.Get(name)] = new Context
            {
                ApiUrl = url is null ? before.ApiUrl : ServiceOptions.Address(url).ToString().TrimEnd('/'),
                Tenant = session.Given(ServiceOptions.Tenant) ?? before.Tenant,
                TenantHeader = session.Given(tenantHeader) ?? before.TenantHeader,
                ApiKey = session.Get(key) ? await ReadKeyAsync(terminal, cancellationToken) : before.ApiKey,
            };
            // The first one made is the one to use.
            (file with { Current = file.Current ?? session.Get(name) }).Write(terminal);
            session.Terminal.Out.WriteLine($"context {session.Get(name)} set.");
            return ExitCodes.Success;
        });
        return command;
    }

    static async Task<string> ReadKeyAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        var key = (await terminal.In.ReadLineAsync(cancellationToken))?.Trim();
        return string.IsNullOrEmpty(key) ? throw new UsageException("Standard input has no key; pipe it in, for example from a password manager.") : key;
    }

    static Command Use(Terminal terminal)
    {
        var name = NameArgument(terminal);
        var command = new Command("use", "Switch to a context") { name };
        Session.Bind(command, terminal, (session, _) =>
        {
            var file = ContextFile.Read(terminal);
            var context = file.Find(session.Get(name), terminal);
            (file with { Current = session.Get(name) }).Write(terminal);
            session.Terminal.Out.WriteLine($"context {session.Get(name)} in use{(context.ApiUrl is { } url ? $": {url}" : ".")}");
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    static Command Delete(Terminal terminal)
    {
        var name = NameArgument(terminal);
        var command = new Command("delete", "Delete a context") { name };
        Session.Bind(command, terminal, (session, _) =>
        {
            var file = ContextFile.Read(terminal);
            file.Find(session.Get(name), terminal);
            file.Contexts.Remove(session.Get(name));
            (file with { Current = file.Current == session.Get(name) ? null : file.Current }).Write(terminal);
            session.Terminal.Out.WriteLine($"context {session.Get(name)} deleted.");
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    /// <summary>For completion: without a word where the file cannot be read.</summary>
    public static IEnumerable<System.CommandLine.Completions.CompletionItem> Names(Terminal terminal)
    {
        try
        {
            return ContextFile.Read(terminal).Contexts.Keys.Select(name => new System.CommandLine.Completions.CompletionItem(name)).ToList();
        }
        catch (Exception fault) when (fault is UsageException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
