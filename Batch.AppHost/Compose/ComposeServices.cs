using System.Globalization;

namespace Batch.AppHost;

/// <summary>How each service runs in a container: as a user of its own, with limits, restarted when it dies.</summary>
static class ComposeServices
{
    /// <summary>API or worker: the image that the Dockerfile builds, without any right it does not need.</summary>
    public static IResourceBuilder<ProjectResource> AsComposeService(this IResourceBuilder<ProjectResource> service, int port)
    {
        if (!service.ApplicationBuilder.ExecutionContext.IsPublishMode)
            return service;
        // Plain strings: the interpolated overload would make an expression of the number.
        var (name, httpPort) = (service.Resource.Name, port.ToString(CultureInfo.InvariantCulture));
        return service
            .WithEndpointsInEnvironment(_ => false)
            .DisableForwardedHeaders()
            .WithEnvironment("ASPNETCORE_HTTP_PORTS", httpPort)
            .WithEnvironment("TENANT_HEADER", "${TENANT_HEADER:-X-Tenant-ID}")
            .WithEnvironment("OTEL_SERVICE_NAME", name)
            .WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", "${OTEL_EXPORTER_OTLP_ENDPOINT:-}")
            .WithEnvironment("Logging__Console__FormatterName", "json")
            .WithEnvironment("Logging__Console__FormatterOptions__IncludeScopes", "true")
            .WithCompose(new()
            {
                ["image"] = $"batch-{name}",
                ["build"] = new Dictionary<string, object>
                {
                    ["context"] = ".",
                    ["target"] = name,
                    ["args"] = new Dictionary<string, object>
                    {
                        ["DOTNET_SDK_IMAGE"] = "${DOTNET_SDK_IMAGE}",
                        ["DOTNET_ASPNET_IMAGE"] = "${DOTNET_ASPNET_IMAGE}",
                    },
                },
                ["init"] = true,
                ["user"] = "1654:1654",
                ["read_only"] = true,
                ["tmpfs"] = new[] { "/tmp" },
                ["cap_drop"] = new[] { "ALL" },
                ["stop_grace_period"] = "40s",
                // The image has bash and no curl.
                ["healthcheck"] = HealthCheck(["CMD", "/app/probe", httpPort], 6, "10s"),
                ["deploy"] = Limits("2", "1G"),
            });
    }

    /// <summary>Adds what every service has to what this one has, for the export only.</summary>
    public static IResourceBuilder<T> WithCompose<T>(this IResourceBuilder<T> service, Dictionary<string, object> keys) where T : IResource
    {
        keys["restart"] = "unless-stopped";
        keys["security_opt"] = new[] { "no-new-privileges:true" };
        keys["logging"] = new Dictionary<string, object>
        {
            ["driver"] = "json-file",
            ["options"] = new Dictionary<string, object> { ["max-size"] = "10m", ["max-file"] = "3" },
        };
        return service.WithAnnotation(new ComposeServiceAnnotation(keys));
    }

    public static Dictionary<string, object> HealthCheck(string[] test, int retries, string startPeriod) => new()
    {
        ["test"] = test,
        ["interval"] = "5s",
        ["timeout"] = "3s",
        ["retries"] = retries,
        ["start_period"] = startPeriod,
    };

    public static Dictionary<string, object> Limits(string cpus, string memory) => new()
    {
        ["resources"] = new Dictionary<string, object>
        {
            ["limits"] = new Dictionary<string, object> { ["cpus"] = cpus, ["memory"] = memory },
        },
    };
}
