namespace Batch.AppHost;

/// <summary>The architecture of Batch.</summary>
/// <remarks>
/// <code>
/// upload ── HTTP ──> api ── chunks ──> log ──> worker × N ──> clickhouse
///                     └──────── models, jobs, receipts, rejects ───┘
/// </code>
/// </remarks>
static class Program
{
    static Task<int> Main(string[] args) => AppHostCommand.RunAsync(args, Describe);

    internal static void Describe(IDistributedApplicationBuilder builder, AppHostRun run)
    {
        IResourceBuilder<IResourceWithConnectionString> log, clickHouse;
        switch (run.Infrastructure)
        {
            case Infrastructure.Containers:
                log = builder.AddRedpanda(Topology.Redpanda, run.Images.Redpanda, run.Ports.Kafka)
                    .WithConsole(Topology.Console, run.Images.RedpandaConsole);
                clickHouse = builder.AddClickHouse(Topology.ClickHouse, run.Images.ClickHouse, run.Ports.ClickHouse)
                    .WithBindMount("../deploy/clickhouse/batch.xml", "/etc/clickhouse-server/config.d/batch.xml", isReadOnly: true);
                break;
            case Infrastructure.Embedded:
                log = builder.AddEmbeddedKafka(Topology.Log, run.LogFolder, run.Ports.Kafka, run.Options.Bind);
                clickHouse = builder.AddEmbeddedClickHouse(
                    Topology.ClickHouse, run.ClickHouseFolder, run.Ports.ClickHouse, run.Options.Bind, run.Options.Fsync);
                break;
            default:
                log = builder.AddConnectionString(Topology.LogConnection);
                clickHouse = builder.AddConnectionString(Topology.ClickHouseConnection);
                break;
        }

        builder.AddBuiltProject<Projects.Batch_Api>(Topology.Api)
            .WithFixedHttpEndpoint(run.Ports.Api, run.Options.Bind)
            .WithExternalHttpEndpoints()
            .WithHttpHealthCheck("/health")
            .WithInfrastructure(log, clickHouse)
            .WithSampleJobCommand(run.Api)
            .AsComposeService(Topology.ApiPort);

        if (run.Options.Workers > 0)
        {
            builder.AddBuiltProject<Projects.Batch_Worker>(Topology.Worker)
                .WithReplicas(run.Options.Workers)
                .WithHttpEndpoint(port: run.MetricsPort, targetPort: run.ContainerPort(Topology.WorkerMetricsPort))
                .WithReplicaHealthCheck()
                .WithInfrastructure(log, clickHouse)
                .AsComposeService(Topology.WorkerMetricsPort);
        }
    }
}
