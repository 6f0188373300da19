using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Batch.AppHost;

/// <summary>Adds Redpanda, and its console, to an app host.</summary>
static class RedpandaHosting
{
    public static IResourceBuilder<RedpandaResource> AddRedpanda(this IDistributedApplicationBuilder builder, string name, ContainerImage image)
    {
        var redpanda = new RedpandaResource(name, builder.ExecutionContext.IsPublishMode);
        return builder.AddResource(redpanda)
            .WithImage(image.Repository, image.Tag)
            .WithImageRegistry(image.Registry)
            // Not proxied: the broker advertises this very port.
            .WithEndpoint(
                port: Topology.KafkaPort, targetPort: Topology.KafkaPort, name: RedpandaResource.HostEndpoint, isProxied: false, isExternal: true)
            .WithEndpoint(targetPort: Topology.KafkaContainersPort, name: RedpandaResource.ContainersEndpoint)
            .WithHttpEndpoint(targetPort: Topology.RedpandaAdminPort, name: RedpandaResource.AdminEndpoint)
            .WithArgs(
                "redpanda", "start", "--mode=dev-container", "--smp=1", "--memory=1G", "--node-id=0",
                $"--kafka-addr=host://0.0.0.0:{Topology.KafkaPort},containers://0.0.0.0:{Topology.KafkaContainersPort}",
                $"--advertise-kafka-addr=host://localhost:{Topology.KafkaPort},containers://{name}:{Topology.KafkaContainersPort}")
            .WithVolume("batch-redpanda", "/var/lib/redpanda/data")
            .WithHttpHealthCheck("/v1/status/ready", endpointName: RedpandaResource.AdminEndpoint);
    }

    /// <summary>Puts Redpanda Console, a web page to look into topics and groups, beside the broker.</summary>
    public static IResourceBuilder<RedpandaResource> WithConsole(this IResourceBuilder<RedpandaResource> redpanda, string name, ContainerImage image)
    {
        // A plain string: the interpolated overload would make an expression of it, which takes no numbers.
        string brokers = $"{redpanda.Resource.Name}:{Topology.KafkaContainersPort}";
        redpanda.ApplicationBuilder.AddContainer(name, image.Repository, image.Tag)
            .WithImageRegistry(image.Registry)
            .WithHttpEndpoint(port: Topology.ConsolePort, targetPort: Topology.ConsolePort)
            .WithEnvironment("KAFKA_BROKERS", brokers)
            .WithParentRelationship(redpanda.Resource)
            .WaitFor(redpanda);
        return redpanda;
    }
}
