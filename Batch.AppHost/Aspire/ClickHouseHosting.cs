using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Batch.AppHost;

/// <summary>Adds ClickHouse to an app host.</summary>
static class ClickHouseHosting
{
    public static IResourceBuilder<ClickHouseResource> AddClickHouse(this IDistributedApplicationBuilder builder, string name, ContainerImage image)
    {
        // Empty unless whoever deploys sets it.
        var password = builder.ExecutionContext.IsPublishMode ? builder.AddParameter("clickhouse-password", value: "", secret: true) : null;
        var clickHouse = builder.AddResource(new ClickHouseResource(name, password?.Resource))
            .WithImage(image.Repository, image.Tag)
            .WithImageRegistry(image.Registry)
            .WithHttpEndpoint(port: Topology.ClickHousePort, targetPort: Topology.ClickHousePort, name: ClickHouseResource.HttpEndpoint)
            .WithEnvironment("CLICKHOUSE_DB", "default")
            .WithEnvironment("CLICKHOUSE_USER", "default")
            // Without it the image takes the network away from a user that has no password.
            .WithEnvironment("CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT", "1")
            .WithVolume("batch-clickhouse", "/var/lib/clickhouse")
            .WithHttpHealthCheck("/ping", endpointName: ClickHouseResource.HttpEndpoint);
        return password is null
            ? clickHouse.WithEnvironment("CLICKHOUSE_PASSWORD", "")
            : clickHouse.WithEnvironment("CLICKHOUSE_PASSWORD", password);
    }
}
