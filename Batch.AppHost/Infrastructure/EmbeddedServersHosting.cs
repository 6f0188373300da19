using System.Net;

namespace Batch.AppHost;

/// <summary>Adds the two embedded servers to an app host: processes of this machine that need no container engine.</summary>
static class EmbeddedServersHosting
{
    public static IResourceBuilder<EmbeddedKafkaResource> AddEmbeddedKafka(
        this IDistributedApplicationBuilder builder, string name, string data, int port, IPAddress bind) =>
        builder.AddResource(new EmbeddedKafkaResource(name, BuiltProgram.Of("Batch.EmbeddedKafka")))
            .WithArgs("--data", data, "--port", $"{port}", "--bind", $"{bind}")
            .WithDotnetRoot()
            // Not proxied: the broker tells its clients this very port.
            .WithEndpoint(port: port, targetPort: port, scheme: "tcp", name: EmbeddedKafkaResource.KafkaEndpoint, isProxied: false)
            .WithKafkaHealthCheck(port)
            .WithIconName("DocumentQueue");

    public static IResourceBuilder<EmbeddedClickHouseResource> AddEmbeddedClickHouse(
        this IDistributedApplicationBuilder builder, string name, string data, int port, IPAddress bind, bool fsync) =>
        builder.AddResource(new EmbeddedClickHouseResource(name, BuiltProgram.Of("Batch.EmbeddedClickHouse")))
            // One that was killed a moment ago may still hold the folder.
            .WithArgs("--data", data, "--port", $"{port}", "--bind", $"{bind}", "--wait-for-lock", "30")
            .WithArgs(fsync ? ["--fsync"] : Array.Empty<object>())
            .WithDotnetRoot()
            .WithHttpEndpoint(port: port, targetPort: port, name: ClickHouseResource.HttpEndpoint, isProxied: false)
            .WithHttpHealthCheck("/ping", endpointName: ClickHouseResource.HttpEndpoint)
            .WithIconName("Database");
}
