namespace Batch.AppHost;

/// <summary>What has been decided before the model is built.</summary>
/// <param name="Ports">With no zeros left.</param>
/// <param name="IsExport">The model is written down as a compose file, not started.</param>
internal sealed record AppHostRun(
    AppHostOptions Options, Infrastructure Infrastructure, Ports Ports, ContainerImages Images, bool IsExport)
{
    /// <summary>In a container a process listens where everybody expects it; on this machine, where the orchestrator tells it to.</summary>
    public int? ContainerPort(int port) => IsExport ? port : null;

    /// <summary>The port in front of the workers; in compose there is none, for each is asked by its own address.</summary>
    public int? MetricsPort => IsExport ? null : Ports.Metrics;

    public string LogFolder => Path.Combine(Options.Data.FullName, "log");
    public string ClickHouseFolder => Path.Combine(Options.Data.FullName, "clickhouse");

    public Uri Api => new($"http://localhost:{Ports.Api}");
    public Uri Metrics => new($"http://localhost:{Ports.Metrics}");
    public Uri Dashboard => new($"http://localhost:{Ports.Dashboard}");
    public Uri Otlp => new($"http://localhost:{Ports.Otlp}");
}
