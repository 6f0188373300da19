using System.Net;

namespace Batch.Standalone;

/// <summary>Where the standalone system keeps its data and on which ports it answers.</summary>
/// <param name="Data">One folder holds everything: the log, ClickHouse's tables, and a lock against a second instance.</param>
/// <param name="Workers">Members of the consumer group; one keeps a core busy.</param>
/// <param name="Bind">Address to listen on. Loopback unless told: ClickHouse here has no password.</param>
/// <param name="ApiPort">0 takes any free port.</param>
/// <param name="ClickHousePort">0 takes any free port.</param>
/// <param name="KafkaPort">0 takes any free port.</param>
/// <param name="MetricsPort">0 takes any free port.</param>
/// <param name="DashboardPort">Of the Aspire dashboard; null: it is not started, 0 takes any free port.</param>
/// <param name="AllowFiles">SQL may read and write files of this machine: for those who compare with ClickHouse's own loading of a file.</param>
/// <param name="Fsync">ClickHouse answers an insert when it is on the disk, not when the operating system has it. The log always does.</param>
internal sealed record StandaloneOptions(
    DirectoryInfo Data, int Workers, IPAddress Bind, int ApiPort, int ClickHousePort, int KafkaPort, int MetricsPort, int? DashboardPort, bool AllowFiles = false,
    bool Fsync = false)
{
    public static DirectoryInfo DefaultData => new(Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } local
            ? local
            : Path.Combine(Environment.CurrentDirectory, "local"),
        "batch"));

    public static int DefaultWorkers => Math.Clamp(Environment.ProcessorCount, 1, 8);
}
