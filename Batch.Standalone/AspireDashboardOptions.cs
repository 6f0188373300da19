using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace Batch.Standalone;

/// <summary>Where the Aspire dashboard comes from and where it listens. Environment variables <c>AspireDashboard__…</c>.</summary>
public sealed class AspireDashboardOptions
{
    public const string SectionName = "AspireDashboard";

    /// <summary>Package and version of the Aspire CLI, which carries the dashboard. Pinned: the command line below is that version's.</summary>
    public const string Package = "@microsoft/aspire-cli-linux-x64";
    public const string Version = "13.5.4";

    /// <summary>Aspire's own.</summary>
    public const int DefaultPort = 18888;

    /// <summary>An Aspire CLI that is there already; nothing is fetched then.</summary>
    public string? CliPath { get; set; }

    /// <summary>Folder for the CLI (145 MB) and what it unpacks (150 MB): beside the ClickHouse engine where the program was built, else the user's cache. Safe to delete.</summary>
    [Required]
    public string Directory { get; set; } = BuiltHere ?? Path.Combine(CacheHome, "batch", "aspire-dashboard");

    /// <summary>Port of the web page on 127.0.0.1. 0 takes a free one.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = DefaultPort;

    /// <summary>Time to fetch the CLI, the first time. 130 MB over a slow line.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "02:00:00")]
    public TimeSpan FetchTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Time to unpack and answer. It takes five seconds on two cores.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(1);

    // …/artifacts/native/aspire-dashboard, in the assembly's metadata; a copy of the program elsewhere has no such place.
    static string? BuiltHere =>
        typeof(AspireDashboardOptions).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(item => item.Key == "AspireDashboardFolder")?.Value is { } folder &&
        System.IO.Directory.Exists(Path.GetDirectoryName(folder))
            ? folder
            : null;

    static string CacheHome =>
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home && Path.IsPathRooted(home)
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
}
