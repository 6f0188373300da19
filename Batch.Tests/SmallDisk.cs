using System.Diagnostics;

namespace Batch.Tests;

/// <summary>A small file system of its own, in memory, that really fills. Where none may be mounted, the test is skipped.</summary>
public sealed class SmallDisk : IDisposable
{
    const int PageBytes = 64 << 10;
    const int Lazy = 3;

    readonly string _folder = Path.Combine(Path.GetTempPath(), "batch-disk-" + Guid.NewGuid().ToString("N"));

    public SmallDisk(int megabytes)
    {
        Directory.CreateDirectory(_folder);
        var mounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", _folder) == 0;
        if (!mounted)
            Directory.Delete(_folder);
        Skip.IfNot(mounted, "No file system can be mounted here: that takes root.");
    }

    /// <summary>A folder on it that is not there yet.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    string Filler => Path.Combine(_folder, "filler");

    public long FreeBytes => new DriveInfo(_folder).AvailableFreeSpace;

    /// <summary>Takes all room that is left, or all but so many bytes.</summary>
    public void Fill(long butBytes = 0)
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var page = new byte[PageBytes];
        try
        {
            while (FreeBytes > butBytes)
                file.Write(page);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void GiveBack() => File.Delete(Filler);

    public void Dispose()
    {
        for (var attempt = 0; Run("umount", _folder) != 0 && attempt < Lazy; attempt++)
            Thread.Sleep(TimeSpan.FromSeconds(1));
        if (!File.Exists(Filler) && !Directory.Exists(DataFolder))
            Directory.Delete(_folder);
    }

    static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
