using System.Net;
using Aspire.Hosting.ApplicationModel;
using Batch.AppHost;
using AppHostProgram = Batch.AppHost.Program;

namespace Batch.Tests.Deployment;

/// <summary>The app host's model, in each of its three kinds of infrastructure; nothing is started.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class AppHostTests
{
    static readonly ComposeFile Compose = ComposeFile.Ours();

    [Fact]
    public async Task With_containers_log_and_ClickHouse_are_the_images_ports_volumes_and_arguments_of_compose()
    {
        var resources = Model(Infrastructure.Containers);
        foreach (var name in (string[])[Topology.Redpanda, Topology.Console, Topology.ClickHouse])
        {
            var container = Assert.IsAssignableFrom<ContainerResource>(resources[name]);
            Assert.True(container.TryGetContainerImageName(out var image));
            Assert.Equal(Compose.Image(name), image);
            var ports = container.Annotations.OfType<EndpointAnnotation>().Where(endpoint => endpoint.Port is not null);
            Assert.Equal(Compose.Ports(name), ports.Select(endpoint => $"{endpoint.Port}:{endpoint.TargetPort}"));
            Assert.Equal(
                Compose.Strings(name, "volumes").Select(volume => volume.Split(':')[1]),
                container.Annotations.OfType<ContainerMountAnnotation>().Select(mount => mount.Target));
        }
        Assert.Equal(Compose.Strings(Topology.Redpanda, "command"), await ArgumentsAsync(resources[Topology.Redpanda]));
        Assert.Equal([Topology.Redpanda], Waits(resources[Topology.Console]));
        Assert.NotEmpty(resources[Topology.Redpanda].Annotations.OfType<HealthCheckAnnotation>());
        Assert.NotEmpty(resources[Topology.ClickHouse].Annotations.OfType<HealthCheckAnnotation>());
    }

    [Theory]
    [InlineData(nameof(Infrastructure.Containers), Topology.Redpanda)]
    [InlineData(nameof(Infrastructure.Embedded), Topology.Log)]
    public void Api_and_workers_wait_for_a_healthy_log_and_ClickHouse_and_are_watched_themselves(string infrastructure, string log)
    {
        var resources = Model(Enum.Parse<Infrastructure>(infrastructure));
        foreach (var service in (string[])[Topology.Api, Topology.Worker])
        {
            Assert.Equal(new[] { Topology.ClickHouse, log }.Order(StringComparer.Ordinal), Waits(resources[service]).Order(StringComparer.Ordinal));
            Assert.NotEmpty(resources[service].Annotations.OfType<HealthCheckAnnotation>());
        }
        Assert.NotEmpty(resources[log].Annotations.OfType<HealthCheckAnnotation>());
        var api = Http(resources[Topology.Api]);
        Assert.Equal((8000, true, false), (api.Port, api.IsExternal, api.IsProxied));
        Assert.Contains(resources[Topology.Api].Annotations.OfType<ResourceCommandAnnotation>(), command => command.Name == SampleJob.Command);
        // One fixed port, in front of all of them.
        var metrics = Http(resources[Topology.Worker]);
        Assert.Equal((9090, true), (metrics.Port, metrics.IsProxied));
        Assert.Equal(5, resources[Topology.Worker].Annotations.OfType<ReplicaAnnotation>().Single().Replicas);
    }

    [Fact]
    public async Task Embedded_servers_have_the_folders_ports_and_address_that_they_were_given()
    {
        var resources = Model(Infrastructure.Embedded);
        Assert.DoesNotContain(resources.Values, resource => resource is ContainerResource);
        Assert.Equal(["--data", "/data/log", "--port", "9092", "--bind", "127.0.0.1"], await ArgumentsAsync(resources[Topology.Log]));
        Assert.Equal(
            ["--data", "/data/clickhouse", "--port", "8123", "--bind", "127.0.0.1", "--wait-for-lock", "30", "--fsync"],
            await ArgumentsAsync(resources[Topology.ClickHouse]));
    }

    [Fact]
    public void With_existing_infrastructure_nothing_but_API_and_workers_is_started()
    {
        var resources = Model(Infrastructure.Existing);
        Assert.DoesNotContain(resources.Values, resource => resource is ContainerResource or EmbeddedKafkaResource or EmbeddedClickHouseResource);
        Assert.Contains(resources.Values, resource => resource.Name == Topology.LogConnection && resource is IResourceWithConnectionString);
        Assert.Empty(Waits(resources[Topology.Api]));
    }

    [Fact]
    public void Processes_are_started_as_they_were_built()
    {
        var worker = Model(Infrastructure.Embedded)[Topology.Worker].Annotations.OfType<ExecutableAnnotation>().Single();
        Assert.EndsWith("/Batch.Worker/debug/Batch.Worker", worker.Command.Replace("/release/", "/debug/", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(File.Exists(worker.Command));
    }

    static Dictionary<string, IResource> Model(Infrastructure infrastructure)
    {
        var options = new AppHostOptions(infrastructure, 5, new DirectoryInfo("/data"), IPAddress.Loopback, Ports.Default, Fsync: true);
        var run = new AppHostRun(options, infrastructure, Ports.Default, ContainerImages.Pinned(), IsExport: false);
        var builder = AppHostSession.CreateBuilder(run,
            ["--ConnectionStrings:kafka=127.0.0.1:1", "--ConnectionStrings:clickhouse=http://127.0.0.1:1"]);
        AppHostProgram.Describe(builder, run);
        return builder.Resources.ToDictionary(resource => resource.Name);
    }

    static EndpointAnnotation Http(IResource resource) => resource.Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Name == "http");

    static IEnumerable<string> Waits(IResource resource) => resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name);

    static async Task<IEnumerable<string>> ArgumentsAsync(IResource resource)
    {
        var arguments = new List<object>();
        foreach (var callback in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            await callback.Callback(new CommandLineArgsCallbackContext(arguments, resource, default));
        return arguments.Select(argument => $"{argument}");
    }
}
