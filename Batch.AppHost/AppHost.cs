using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Batch.AppHost;
using Microsoft.Extensions.Configuration;

// upload ── HTTP ──> api ── chunks ──> redpanda ──> worker × 3 ──> clickhouse
//                     └──────────── models, jobs, receipts, rejects ───┘

var builder = DistributedApplication.CreateBuilder(DashboardAddresses.AddTo(args));
builder.AddDockerComposeEnvironment("compose");

IResourceBuilder<IResourceWithConnectionString> log, clickHouse;
if (builder.Configuration.GetValue<bool>("Infrastructure:Existing"))
{
    // Both are there already, at ConnectionStrings:kafka and ConnectionStrings:clickhouse: no container engine is needed.
    log = builder.AddConnectionString(Topology.LogConnection);
    clickHouse = builder.AddConnectionString(Topology.ClickHouseConnection);
}
else
{
    var images = ContainerImages.Read(Path.Combine(builder.AppHostDirectory, "..", ".env"));
    log = builder.AddRedpanda(Topology.Redpanda, images.Redpanda)
        .WithConsole(Topology.Console, images.RedpandaConsole);
    clickHouse = builder.AddClickHouse(Topology.ClickHouse, images.ClickHouse)
        .WithBindMount("../deploy/clickhouse/batch.xml", "/etc/clickhouse-server/config.d/batch.xml", isReadOnly: true);
}

builder.AddProject<Projects.Batch_Api>(Topology.Api, project => project.ExcludeLaunchProfile = true)
    .WithHttpEndpoint(port: Topology.ApiPort, targetPort: PublishedPort(Topology.ApiPort))
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithSampleJobCommand()
    .WithInfrastructure(log, clickHouse)
    .AsComposeService("/app/probe", Topology.ApiPort, replicas: 1);

builder.AddProject<Projects.Batch_Worker>(Topology.Worker, project => project.ExcludeLaunchProfile = true)
    .WithHttpEndpoint(targetPort: PublishedPort(Topology.WorkerMetricsPort))
    .WithHttpHealthCheck("/health")
    .WithReplicas(Topology.Workers)
    .WithInfrastructure(log, clickHouse)
    .AsComposeService("/app/probe", Topology.WorkerMetricsPort, replicas: Topology.Workers);

await builder.Build().RunAsync();

// On this machine each process listens where the orchestrator tells it to; in a container, where everybody expects it.
int? PublishedPort(int port) => builder.ExecutionContext.IsPublishMode ? port : null;
