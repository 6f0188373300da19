using System.CommandLine;
using Batch.Client;

namespace Batch.Cli;

/// <summary>The options that every command has: where the service is, who is calling, how to print.</summary>
internal static class ServiceOptions
{
    public static Option<string?> ApiUrl { get; } = new("--api-url")
    {
        Description = "Where the API is; BATCH_API_URL, else http://localhost:8000",
        Recursive = true,
        HelpName = "URL",
    };

    public static Option<string?> Tenant { get; } = new("--tenant")
    {
        Description = "The tenant; BATCH_TENANT, else the service's default",
        Recursive = true,
        HelpName = "ID",
    };

    public static Option<OutputFormat> Output { get; } = new("--output", "-o")
    {
        Description = "How to print: table, json, ndjson or csv",
        DefaultValueFactory = _ => OutputFormat.Table,
        Recursive = true,
        HelpName = "FORMAT",
    };

    public static void AddTo(Command root)
    {
        root.Add(ApiUrl);
        root.Add(Tenant);
        root.Add(Output);
    }

    public static BatchClientOptions ClientOptions(ParseResult parsed)
    {
        var address = parsed.GetValue(ApiUrl) ?? Environment.GetEnvironmentVariable("BATCH_API_URL");
        if (!Uri.TryCreate(string.IsNullOrWhiteSpace(address) ? BatchClientOptions.DefaultAddress.ToString() : address, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https"))
            throw new UsageException($"'{address}' is not the address of an API. Give one like http://localhost:8000 with --api-url or BATCH_API_URL.");
        return new BatchClientOptions
        {
            Address = uri,
            Tenant = parsed.GetValue(Tenant) ?? NullIfBlank(Environment.GetEnvironmentVariable("BATCH_TENANT")),
            TenantHeader = NullIfBlank(Environment.GetEnvironmentVariable("TENANT_HEADER")) ?? "X-Tenant-ID",
            ApiKey = NullIfBlank(Environment.GetEnvironmentVariable("BATCH_API_KEY")),
        };
    }

    static string? NullIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
