using System.CommandLine;
using Batch.Cli.Contexts;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli;

/// <summary>The options that every command has: where the service is, who is calling, how to print.</summary>
/// <remarks>What stands on the command line wins over a variable, a variable over the current context, and that over what is built in.</remarks>
internal static class ServiceOptions
{
    static readonly string[] Formats = ["table", "json", "ndjson", "csv"];

    public static Option<string?> ApiUrl { get; } = new("--api-url")
    {
        Description = "Address of the API; default: BATCH_API_URL, the context, http://localhost:8000",
        Recursive = true,
        HelpName = "URL",
    };

    public static Option<string?> Tenant { get; } = new("--tenant")
    {
        Description = "The tenant; default: BATCH_TENANT, the context, the service's default",
        Recursive = true,
        HelpName = "ID",
    };

    public static Option<string?> ContextName { get; } = new("--context")
    {
        Description = "A service stored in the config file; default: BATCH_CONTEXT, the current context",
        Recursive = true,
        HelpName = "NAME",
    };

    public static Option<string> Output { get; } = new("--output", "-o")
    {
        Description = "Output format: table, json, ndjson or csv",
        DefaultValueFactory = _ => "table",
        Recursive = true,
        HelpName = "FORMAT",
    };

    static ServiceOptions() => Output.AcceptOnlyFromAmong(Formats);

    public static void AddTo(Command root)
    {
        root.Add(ApiUrl);
        root.Add(Tenant);
        root.Add(ContextName);
        root.Add(Output);
    }

    public static OutputFormat Format(ParseResult parsed) => (OutputFormat)Math.Max(0, Array.IndexOf(Formats, parsed.GetValue(Output)));

    /// <exception cref="UsageException">The address is none, or there is no such context.</exception>
    public static BatchClientOptions ClientOptions(ParseResult parsed, Terminal terminal)
    {
        string? Variable(string name) => NullIfBlank(terminal.Variable(name));

        var named = NullIfBlank(parsed.GetValue(ContextName));
        var file = ContextFile.Read(terminal);
        var context = (named ?? Variable("BATCH_CONTEXT") ?? file.Current) is { } name ? file.Find(name, terminal) : new Context();
        // A context named on the command line stands for all that it says.
        string? Pick(string? option, string variable, string? fromContext) =>
            NullIfBlank(option) ?? (named is null ? Variable(variable) ?? fromContext : fromContext ?? Variable(variable));

        return new BatchClientOptions
        {
            Address = Address(Pick(parsed.GetValue(ApiUrl), "BATCH_API_URL", context.ApiUrl)),
            Tenant = Pick(parsed.GetValue(Tenant), "BATCH_TENANT", context.Tenant),
            TenantHeader = Pick(null, "TENANT_HEADER", context.TenantHeader) ?? "X-Tenant-ID",
            ApiKey = Pick(null, "BATCH_API_KEY", context.ApiKey),
        };
    }

    /// <exception cref="UsageException">It is no address.</exception>
    public static Uri Address(string? text) =>
        text is null ? BatchClientOptions.DefaultAddress
        : Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https") ? uri
        : throw new UsageException($"'{text}' is not the address of an API. Give one like http://localhost:8000, with --api-url, BATCH_API_URL or a context.");

    static string? NullIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
