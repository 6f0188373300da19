using System.Net;

namespace Batch.AppHost;

/// <summary>The command line, as it was given.</summary>
/// <param name="Infrastructure">Null: containers where an engine answers, else embedded.</param>
/// <param name="Workers">Worker processes, 0 to 64; one keeps a core busy. With 0 uploads wait in the log.</param>
/// <param name="Data">Folder of the embedded servers, and of the lock against a second instance.</param>
/// <param name="Bind">Address to listen on. Loopback by default: log and ClickHouse have no passwords here.</param>
/// <param name="Ports">0 takes any free port.</param>
/// <param name="Fsync">The embedded ClickHouse answers an insert when it is on the disk, not when the operating system has it. The log always does.</param>
internal sealed record AppHostOptions(Infrastructure? Infrastructure, int Workers, DirectoryInfo Data, IPAddress Bind, Ports Ports, bool Fsync)
{
    public const int MostWorkers = 64;

    public static DirectoryInfo DefaultData => new(Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } local
            ? local
            : Path.Combine(Environment.CurrentDirectory, "local"),
        "batch"));

    public static int DefaultWorkers => Math.Clamp(Environment.ProcessorCount, 1, 8);
}
