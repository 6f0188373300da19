using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Swarm = Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

namespace Batch.AppHost;

/// <summary>What API and worker have in common: what they are told, and how they are published.</summary>
static class BatchServiceHosting
{
    /// <summary>Tells a service where log and database are, and starts it after them where they are started here.</summary>
    public static IResourceBuilder<ProjectResource> WithInfrastructure(
        this IResourceBuilder<ProjectResource> service,
        IResourceBuilder<IResourceWithConnectionString> log,
        IResourceBuilder<IResourceWithConnectionString> clickHouse)
    {
        service
            .WithReference(log, Topology.LogConnection)
            .WithReference(clickHouse, Topology.ClickHouseConnection);
        // Wait on the containers themselves: a wait on a connection string would give no depends_on in compose.
        if (log.Resource is ContainerResource)
            service.WaitFor(log);
        if (clickHouse.Resource is ContainerResource)
            service.WaitFor(clickHouse);
        return service;
    }

    /// <summary>Published to compose, a service has the limits, the user and the health check that docker-compose.yml gives it.</summary>
    public static IResourceBuilder<ProjectResource> AsComposeService(
        this IResourceBuilder<ProjectResource> service, string probe, int port, int replicas)
    {
        string[] test = ["CMD", probe, $"{port}"];
        return service.PublishAsDockerComposeService((_, compose) =>
        {
            compose.Restart = "unless-stopped";
            compose.Init = true;
            compose.User = "1654:1654";
            compose.ReadOnly = true;
            compose.Tmpfs.Add("/tmp");
            compose.CapDrop.Add("ALL");
            compose.SecurityOpt.Add("no-new-privileges:true");
            compose.StopGracePeriod = "40s";
            compose.Healthcheck = new Healthcheck { Test = [.. test], Interval = "5s", Timeout = "3s", Retries = 6, StartPeriod = "10s" };
            compose.Deploy = new Swarm.Deploy
            {
                Replicas = replicas,
                Resources = new Swarm.Resources { Limits = new Swarm.ResourceSpec { Cpus = "2", Memory = "1G" } },
            };
        })
        // The image is the one that docker-compose.yml builds: it has the probe, which an image made by the SDK has not.
        .PublishAsDockerFile(container => container.WithDockerfile("..", stage: service.Resource.Name));
    }
}
