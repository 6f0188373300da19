using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Batch.AppHost;

/// <summary>What API and worker have in common.</summary>
static class BatchServiceHosting
{
    static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    /// <summary>Tells a service where log and database are, and starts it after them where they are started here.</summary>
    public static IResourceBuilder<ProjectResource> WithInfrastructure(
        this IResourceBuilder<ProjectResource> service,
        IResourceBuilder<IResourceWithConnectionString> log,
        IResourceBuilder<IResourceWithConnectionString> clickHouse)
    {
        service
            .WithReference(log, Topology.LogConnection)
            .WithReference(clickHouse, Topology.ClickHouseConnection);
        foreach (var part in (IResourceBuilder<IResourceWithConnectionString>[])[clickHouse, log])
            if (part.Resource is ContainerResource or ExecutableResource)
                service.WaitFor(part);
        // What is read is freed; what is not waits, for this machine may have been off for longer than any retention.
        if (log.Resource is EmbeddedKafkaResource && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("Kafka__Retention")))
            service.WithEnvironment("Kafka__Retention", Timeout.InfiniteTimeSpan.ToString());
        return service.ApplicationBuilder.ExecutionContext.IsPublishMode ? service : service.WithPromptTelemetry();
    }

    /// <summary>A person watches: spans, logs and metrics are in the dashboard within two seconds, not within a minute.</summary>
    static IResourceBuilder<ProjectResource> WithPromptTelemetry(this IResourceBuilder<ProjectResource> service) => service
        .WithEnvironment("OTEL_BSP_SCHEDULE_DELAY", "1000")
        .WithEnvironment("OTEL_BLRP_SCHEDULE_DELAY", "1000")
        .WithEnvironment("OTEL_METRIC_EXPORT_INTERVAL", "2000");

    /// <summary>The port that clients ask is the process's own, so that it is asked itself whether it is healthy.</summary>
    public static IResourceBuilder<ProjectResource> WithFixedHttpEndpoint(this IResourceBuilder<ProjectResource> service, int port, IPAddress bind)
    {
        service.WithHttpEndpoint(port: port, targetPort: port, isProxied: service.ApplicationBuilder.ExecutionContext.IsPublishMode);
        return bind.Equals(IPAddress.Loopback) ? service : service.WithEndpoint("http", endpoint => endpoint.TargetHost = $"{bind}");
    }

    /// <summary>Asks whichever replica the endpoint leads to.</summary>
    /// <remarks>
    /// Aspire's own check waits ten seconds for an answer, and the proxy before the replicas takes a connection before there is anybody to give one.
    /// </remarks>
    public static IResourceBuilder<ProjectResource> WithReplicaHealthCheck(this IResourceBuilder<ProjectResource> service)
    {
        var key = $"{service.Resource.Name}_replicas";
        var http = service.GetEndpoint("http");
        service.ApplicationBuilder.Services.AddHealthChecks().AddAsyncCheck(key, async cancellationToken =>
        {
            try
            {
                using var answer = await Http.GetAsync(new Uri(new Uri(http.Url), "/health"), cancellationToken);
                return answer.IsSuccessStatusCode ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"/health answers {(int)answer.StatusCode}.");
            }
            catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException or TaskCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return HealthCheckResult.Unhealthy(exception.Message);
            }
        });
        return service.WithHealthCheck(key);
    }
}
