namespace Batch.Cli.Output;

/// <summary>A context as it is shown: its key is not.</summary>
internal sealed record ContextRow(string Name, bool Current, string? ApiUrl, string? Tenant, bool HasApiKey);
