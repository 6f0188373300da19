#if FULL_FEED
using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Batch.AppHost;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Batch.Tests.Deployment;

/// <summary>The Aspire app host: its model, what it publishes, and a run against infrastructure that is there already.</summary>
public sealed class AppHostTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Model_is_the_topology_of_compose()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Batch_AppHost>([]);
        await using var app = await builder.BuildAsync();
        var resources = app.Services.GetRequiredService<DistributedApplicationModel>().Resources;
        var compose = ComposeFile.Ours();

        foreach (var container in resources.OfType<ContainerResource>().Where(container => compose.Services.ContainsKey(container.Name)))
        {
            Assert.True(container.TryGetContainerImageName(out var image));
            Assert.Equal(compose.Image(container.Name), image);
        }

        foreach (var name in (string[])[Topology.Redpanda, Topology.Console, Topology.ClickHouse, Topology.Api, Topology.Worker])
            Assert.Contains(resources, resource => resource.Name == name);
        var worker = resources.Single(resource => resource.Name == Topology.Worker);
        Assert.Equal(Topology.Workers, worker.Annotations.OfType<ReplicaAnnotation>().Single().Replicas);
        var api = resources.Single(resource => resource.Name == Topology.Api);
        var endpoint = api.Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Name == "http");
        Assert.Equal((Topology.ApiPort, true), (endpoint.Port, endpoint.IsExternal));
        foreach (var service in (IResource[])[api, worker])
        {
            Assert.Equal([Topology.ClickHouse, Topology.Redpanda],
                service.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Published_compose_file_has_the_services_ports_and_variables_of_ours()
    {
        var folder = Directory.CreateTempSubdirectory("batch-publish-");
        try
        {
            await using (var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Batch_AppHost>(
                ["--operation", "publish", "--step", "publish", "--output-path", folder.FullName]))
            {
                await using var app = await builder.BuildAsync();
                await app.RunAsync().WaitAsync(Patience);
            }

            // Quotes are the writer's taste.
            var text = (await File.ReadAllTextAsync(Directory.EnumerateFiles(folder.FullName, "docker-compose.y*ml", SearchOption.AllDirectories).Single()))
                .Replace("\"", "", StringComparison.Ordinal);
            var ours = ComposeFile.Ours();
            foreach (var service in (string[])["redpanda", "console", "clickhouse", "api", "worker"])
                Assert.Contains($"\n  {service}:\n", text);
            Assert.Contains($"ConnectionStrings__{Topology.LogConnection}: {ours.Environment("api")[$"ConnectionStrings__{Topology.LogConnection}"]}\n", text);
            Assert.Contains($"ConnectionStrings__{Topology.ClickHouseConnection}: Host={Topology.ClickHouse};Port={Topology.ClickHousePort};Username=default;", text);
            Assert.Contains($"- {Topology.ApiPort}:{Topology.ApiPort}\n", text);
            Assert.Contains($"- {Topology.KafkaPort}:{Topology.KafkaPort}\n", text);
            Assert.Contains($"replicas: {Topology.Workers}", text);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task With_existing_infrastructure_no_container_is_started_and_the_api_is_up_though_both_are_down()
    {
        using var deadline = new CancellationTokenSource(Patience);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Batch_AppHost>(
        [
            "--Infrastructure:Existing=true",
            "--ConnectionStrings:kafka=127.0.0.1:1",
            "--ConnectionStrings:clickhouse=Host=127.0.0.1;Port=1",
        ], deadline.Token);
        Assert.DoesNotContain(builder.Resources, resource => resource.Name is Topology.Redpanda or Topology.Console);
        Assert.DoesNotContain(builder.Resources.OfType<ContainerResource>(), resource => resource.Name == Topology.ClickHouse);
        await using var app = await builder.BuildAsync(deadline.Token);
        await app.StartAsync(deadline.Token);
        using var api = app.CreateHttpClient(Topology.Api, "http");
        while (true)
        {
            try
            {
                using var alive = await api.GetAsync("/alive", deadline.Token);
                if (alive.StatusCode == HttpStatusCode.OK)
                    break;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }

            await Task.Delay(250, deadline.Token);
        }

        Assert.Contains("\"status\":\"degraded\"", await api.GetStringAsync("/health", deadline.Token));
    }
}
#endif
