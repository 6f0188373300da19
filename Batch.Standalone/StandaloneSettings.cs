using Microsoft.Extensions.Configuration;

namespace Batch.Standalone;

/// <summary>What API and workers are told by the system they are a part of, over all that the environment says.</summary>
/// <remarks>
/// A shell in which the addresses of a deployment are set (<c>ConnectionStrings__clickhouse</c>, <c>KAFKA_BOOTSTRAP</c> …) must not have the
/// rows go elsewhere than the banner says. Empty means: as if it were not set.
/// </remarks>
internal static class StandaloneSettings
{
    public static IEnumerable<KeyValuePair<string, string?>> Of(StandaloneHost host, IConfiguration environment)
    {
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings:clickhouse"] = "",
            ["ClickHouse:Url"] = host.ClickHouse.ToString(),
            ["ClickHouse:Database"] = "default",
            ["ClickHouse:User"] = "",
            ["ClickHouse:Password"] = "",
            ["Worker:Members"] = $"{host.Options.Workers}",
            // One process, one service.
            ["OTEL_SERVICE_NAME"] = environment["OTEL_SERVICE_NAME"] is { Length: > 0 } name ? name : "batch",
            // A person looks at this terminal: what is not a warning is in the banner. The dashboard gets the rest too.
            ["Logging:Console:LogLevel:Default"] = "Warning",
        };
        return host.Dashboard is { } dashboard ? settings.Concat(dashboard.Settings) : settings;
    }
}
