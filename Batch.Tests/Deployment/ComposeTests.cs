using System.Text.RegularExpressions;
using Batch.AppHost;
using Batch.Tests.EndToEnd.AppHost;

namespace Batch.Tests.Deployment;

/// <summary>docker-compose.yml and Batch.AppHost describe one system.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ComposeTests
{
    static readonly ComposeFile Compose = ComposeFile.Ours();

    /// <remarks>What is in the file besides (Prometheus, Grafana, comments, common parts said once) is the file's own.</remarks>
    [Fact]
    public async Task Services_of_the_app_host_are_what_its_export_writes()
    {
        var folder = Directory.CreateTempSubdirectory("batch-export-");
        try
        {
            var file = Path.Combine(folder.FullName, "docker-compose.yml");
            var (exitCode, output, errors) = await AppHostProcess.RunAsync([], "export", "compose", "--output", file);
            Assert.True(exitCode == 0, output + errors);
            var text = await File.ReadAllTextAsync(file);
            var exported = ComposeFile.Read(text, await File.ReadAllTextAsync(Repository.File(".env")));
            Assert.Equal(["api", "clickhouse", "console", "redpanda", "worker"], exported.Services.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(exported.Services.Keys.Concat(["prometheus", "grafana"]).Order(StringComparer.Ordinal),
                Compose.Services.Keys.Order(StringComparer.Ordinal));
            foreach (var service in exported.Services.Keys)
                Assert.Equal(Flat(Compose.Of(service)), Flat(exported.Of(service)));
            Assert.Subset(Compose.Volumes.Keys.ToHashSet(), exported.Volumes.Keys.ToHashSet());
            // Images are those of .env, by their variables.
            Assert.Contains("image: ${REDPANDA_IMAGE}", text);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>One line for each value, with its path: a difference is then a line.</summary>
    static IEnumerable<string> Flat(object value, string path = "") => (value switch
    {
        IEnumerable<KeyValuePair<string, object>> map => map.SelectMany(pair => Flat(pair.Value, $"{path}/{pair.Key}")),
        List<object> list => list.SelectMany((item, n) => Flat(item, $"{path}/{n}")),
        _ => [$"{path} = {value}"],
    }).Order(StringComparer.Ordinal);

    [SkippableFact]
    public async Task Docker_compose_accepts_what_the_export_writes()
    {
        Tool.Require("/usr/bin/docker-compose");
        // It must lie where the Dockerfile and the mounted files are.
        var file = Repository.File($"docker-compose.test-{Guid.NewGuid():n}.yml");
        try
        {
            var (exported, said, errors) = await AppHostProcess.RunAsync([], "export", "compose", "--output", file);
            Assert.True(exported == 0, said + errors);
            var (exitCode, output) = await Tool.RunAsync("/usr/bin/docker-compose", ["--project-directory", Repository.Root, "-f", file, "config", "--quiet"]);
            Assert.True(exitCode == 0, output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Images_are_those_the_app_host_starts()
    {
        var images = ContainerImages.Read(Repository.File(".env"));
        Assert.Equal(images.Redpanda.ToString(), Compose.Image(Topology.Redpanda));
        Assert.Equal(images.RedpandaConsole.ToString(), Compose.Image(Topology.Console));
        Assert.Equal(images.ClickHouse.ToString(), Compose.Image(Topology.ClickHouse));
    }

    [Fact]
    public void Images_are_pinned_to_a_version()
    {
        foreach (var service in Compose.Services.Keys.Where(service => !Compose.Of(service).ContainsKey("build")))
        {
            var image = ContainerImage.Parse(Compose.Image(service)!);
            Assert.Matches(@"^v?\d+\.\d+\.\d+", image.Tag);
        }

        Assert.Throws<FormatException>(() => ContainerImage.Parse("docker.io/prom/prometheus"));
        Assert.Throws<FormatException>(() => ContainerImage.Parse("redpanda:v1"));
    }

    [Fact]
    public void Images_of_the_build_are_those_the_dockerfile_defaults_to()
    {
        var arguments = (Dictionary<string, object>)((Dictionary<string, object>)Compose.Of("api")["build"])["args"];
        var dockerfile = File.ReadAllText(Repository.File("Dockerfile"));
        foreach (var (name, image) in arguments)
            Assert.Contains($"ARG {name}={image}\n", dockerfile);
    }

    [Fact]
    public void Ports_are_those_of_the_app_host_and_the_readme()
    {
        Assert.Equal([$"{Topology.ApiPort}:{Topology.ApiPort}"], Compose.Ports("api"));
        Assert.Equal([$"{Topology.KafkaPort}:{Topology.KafkaPort}"], Compose.Ports("redpanda"));
        Assert.Equal([$"{Topology.ClickHousePort}:{Topology.ClickHousePort}"], Compose.Ports("clickhouse"));
        Assert.Equal([$"{Topology.ConsolePort}:{Topology.ConsolePort}"], Compose.Ports("console"));
        Assert.Equal(["9091:9090"], Compose.Ports("prometheus"));
        Assert.Equal(["3000:3000"], Compose.Ports("grafana"));
        Assert.Contains($"{Topology.WorkerMetricsPort}", Compose.Strings("worker", "expose"));
        Assert.Contains($"{Topology.KafkaContainersPort}", Compose.Strings("redpanda", "expose"));
    }

    [Fact]
    public void Only_the_api_is_published_beyond_this_machine()
    {
        foreach (var service in Compose.Services.Keys.Where(service => service != "api"))
            Assert.All(Compose.Strings(service, "ports"), port => Assert.StartsWith("127.0.0.1:", port));
    }

    [Theory]
    [InlineData("api", Topology.ApiPort)]
    [InlineData("worker", Topology.WorkerMetricsPort)]
    public void Services_are_told_where_log_and_database_are_by_the_names_that_Aspire_injects(string service, int port)
    {
        var environment = Compose.Environment(service);
        Assert.Equal($"{Topology.Redpanda}:{Topology.KafkaContainersPort}", environment[$"ConnectionStrings__{Topology.LogConnection}"]);
        Assert.StartsWith($"Host={Topology.ClickHouse};Port={Topology.ClickHousePort};",
            (string)environment[$"ConnectionStrings__{Topology.ClickHouseConnection}"]);
        Assert.Equal($"{port}", environment["ASPNETCORE_HTTP_PORTS"]);
        Assert.Equal(service, environment["OTEL_SERVICE_NAME"]);
    }

    [Fact]
    public void Redpanda_tells_containers_and_this_machine_different_addresses()
    {
        var command = Compose.Strings("redpanda", "command");
        Assert.Contains(
            $"--advertise-kafka-addr=host://localhost:{Topology.KafkaPort},containers://{Topology.Redpanda}:{Topology.KafkaContainersPort}", command);
        Assert.Contains($"--kafka-addr=host://0.0.0.0:{Topology.KafkaPort},containers://0.0.0.0:{Topology.KafkaContainersPort}", command);
        // It acknowledges what is not yet on disk.
        Assert.DoesNotContain(command,
            argument => argument.Contains("dev-container", StringComparison.Ordinal) || argument.Contains("unsafe", StringComparison.Ordinal));
    }

    [Fact]
    public void Workers_are_as_many_as_in_the_app_host() =>
        Assert.Equal($"{Topology.Workers}", ((Dictionary<string, object>)Compose.Of("worker")["deploy"])["replicas"]);

    [Fact]
    public void Every_service_has_limits_restarts_and_may_not_gain_privileges()
    {
        foreach (var service in Compose.Services.Keys)
        {
            var limits =
                (Dictionary<string, object>)((Dictionary<string, object>)((Dictionary<string, object>)Compose.Of(service)["deploy"])["resources"])["limits"];
            Assert.True(limits.ContainsKey("cpus") && limits.ContainsKey("memory"), service);
            Assert.Equal("unless-stopped", Compose.Of(service)["restart"]);
            Assert.Contains("no-new-privileges:true", Compose.Strings(service, "security_opt"));
            Assert.True(service == "console" || Compose.Of(service).ContainsKey("healthcheck"), service);
        }
    }

    [Fact]
    public void No_service_runs_as_root()
    {
        // The console's image names its own user.
        foreach (var service in Compose.Services.Keys.Where(service => service != "console"))
            Assert.Matches(@"^[1-9]\d*:", (string)Compose.Of(service)["user"]);
        var stages = File.ReadAllText(Repository.File("Dockerfile"));
        Assert.Contains("USER $APP_UID", stages);
    }

    [Fact]
    public void What_must_survive_is_on_a_volume()
    {
        foreach (var (service, path) in new[] { ("redpanda", "/var/lib/redpanda/data"), ("clickhouse", "/var/lib/clickhouse"), ("prometheus",
            "/prometheus"), ("grafana", "/var/lib/grafana") })
        {
            var volume = Compose.Strings(service, "volumes").Single(volume => volume.EndsWith(":" + path, StringComparison.Ordinal));
            Assert.Contains(volume.Split(':')[0], Compose.Volumes.Keys);
        }
    }

    [Fact]
    public void Files_that_are_mounted_exist()
    {
        foreach (var mount in Compose.Services.Keys.SelectMany(service => Compose.Strings(service, "volumes"))
            .Where(mount => mount.StartsWith("./", StringComparison.Ordinal)))
            Assert.True(Path.Exists(Repository.File(mount.Split(':')[0][2..])), mount);
    }

    [Fact]
    public void Targets_and_projects_of_the_build_exist()
    {
        var dockerfile = File.ReadAllText(Repository.File("Dockerfile"));
        foreach (var service in (string[])["api", "worker"])
            Assert.Contains($" AS {((Dictionary<string, object>)Compose.Of(service)["build"])["target"]}\n", dockerfile);
        foreach (Match copied in Regex.Matches(dockerfile, @"^COPY (Batch\.\w+)/", RegexOptions.Multiline))
            Assert.True(Directory.Exists(Repository.File(copied.Groups[1].Value)), copied.Value);
    }

    [SkippableFact]
    public async Task Docker_compose_accepts_it()
    {
        Tool.Require("/usr/bin/docker-compose");
        var (exitCode, output) = await Tool.RunAsync(
            "/usr/bin/docker-compose", ["--project-directory", Repository.Root, "-f", Repository.File("docker-compose.yml"), "config", "--quiet"]);
        Assert.True(exitCode == 0, output);
    }
}
