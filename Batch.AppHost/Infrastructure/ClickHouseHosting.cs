namespace Batch.AppHost;

/// <summary>Adds ClickHouse to an app host.</summary>
static class ClickHouseHosting
{
    public static IResourceBuilder<ClickHouseResource> AddClickHouse(this IDistributedApplicationBuilder builder, string name, ContainerImage image, int port)
    {
        var isPublished = builder.ExecutionContext.IsPublishMode;
        // Empty unless whoever deploys sets it.
        var password = isPublished ? builder.AddParameter("clickhouse-password", value: "", secret: true) : null;
        var clickHouse = builder.AddResource(new ClickHouseResource(name, password?.Resource))
            .WithImage(image.Repository, image.Tag)
            .WithImageRegistry(image.Registry)
            .WithHttpEndpoint(port: port, targetPort: Topology.ClickHousePort, name: ClickHouseResource.HttpEndpoint)
            .WithHttpEndpoint(targetPort: Topology.ClickHouseMetricsPort, name: ClickHouseResource.MetricsEndpoint)
            .WithEnvironment("CLICKHOUSE_DB", "default")
            .WithEnvironment("CLICKHOUSE_USER", "default")
            // Without it the image takes the network away from a user that has no password.
            .WithEnvironment("CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT", "1")
            .WithVolume(isPublished ? "clickhouse-data" : "batch-clickhouse", "/var/lib/clickhouse")
            .WithHttpHealthCheck("/ping", endpointName: ClickHouseResource.HttpEndpoint)
            .WithCompose(new()
            {
                ["user"] = "101:101",
                ["stop_grace_period"] = "60s",
                ["ulimits"] = new Dictionary<string, object> { ["nofile"] = new Dictionary<string, object> { ["soft"] = 262144, ["hard"] = 262144 } },
                ["healthcheck"] = ComposeServices.HealthCheck(
                    ["CMD", "wget", "-q", "-O", "/dev/null", $"http://127.0.0.1:{Topology.ClickHousePort}/ping"], 12, "20s"),
                ["deploy"] = ComposeServices.Limits("4", "4G"),
            });
        return password is null
            ? clickHouse.WithEnvironment("CLICKHOUSE_PASSWORD", "")
            : clickHouse.WithEnvironment("CLICKHOUSE_PASSWORD", password);
    }
}
