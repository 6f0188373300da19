namespace Batch.AppHost;

/// <summary>Adds Redpanda, and its console, to an app host.</summary>
static class RedpandaHosting
{
    public static IResourceBuilder<RedpandaResource> AddRedpanda(this IDistributedApplicationBuilder builder, string name, ContainerImage image, int port)
    {
        var isPublished = builder.ExecutionContext.IsPublishMode;
        return builder.AddResource(new RedpandaResource(name, isPublished))
            .WithImage(image.Repository, image.Tag)
            .WithImageRegistry(image.Registry)
            // Two listeners: clients go on with the address the broker tells them, and containers and this machine know it by different ones.
            // Not --mode=dev-container: that acknowledges before the data is on disk, and an accepted upload must survive a power cut.
            .WithArgs(
                "redpanda", "start", "--smp=1", "--memory=1G", "--reserve-memory=0M", "--overprovisioned", "--check=false", "--node-id=0",
                $"--kafka-addr=host://0.0.0.0:{port},containers://0.0.0.0:{Topology.KafkaContainersPort}",
                $"--advertise-kafka-addr=host://localhost:{port},containers://{name}:{Topology.KafkaContainersPort}",
                "--rpc-addr=0.0.0.0:33145", $"--advertise-rpc-addr={name}:33145")
            // Not proxied: the broker advertises this very port.
            .WithEndpoint(port: port, targetPort: port, scheme: "tcp", name: RedpandaResource.HostEndpoint, isProxied: false)
            .WithEndpoint(targetPort: Topology.KafkaContainersPort, scheme: "tcp", name: RedpandaResource.ContainersEndpoint)
            .WithHttpEndpoint(targetPort: Topology.RedpandaAdminPort, name: RedpandaResource.AdminEndpoint)
            .WithVolume(isPublished ? "redpanda-data" : "batch-redpanda", "/var/lib/redpanda/data")
            .WithHttpHealthCheck("/v1/status/ready", endpointName: RedpandaResource.AdminEndpoint)
            .WithCompose(new()
            {
                ["user"] = "101:101",
                ["stop_grace_period"] = "30s",
                ["healthcheck"] = ComposeServices.HealthCheck(
                    ["CMD-SHELL", $"rpk cluster health -X admin.hosts=localhost:{Topology.RedpandaAdminPort} | grep -E 'Healthy:.+true'"], 12, "10s"),
                ["deploy"] = ComposeServices.Limits("2", "1536M"),
            });
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
            .WaitFor(redpanda)
            .WithCompose(new() { ["profiles"] = new[] { "tools" }, ["deploy"] = ComposeServices.Limits("0.5", "256M") });
        return redpanda;
    }
}
