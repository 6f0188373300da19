using System.Diagnostics;

namespace Batch.Benchmarks.Soak;

/// <summary>The small disk that log and ClickHouse share, and the file that fills it. Where none may be mounted, that fault is left out.</summary>
internal sealed class SoakDisk
{
    const int PageBytes = 64 << 10;

    readonly string _folder;

    SoakDisk(string folder) => _folder = folder;

    string Filler => Path.Combine(_folder, "filler");

    /// <returns>Null: no file system may be mounted here.</returns>
    public static SoakDisk? Mount(string folder, int megabytes)
    {
        Directory.CreateDirectory(folder);
        return OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder) == 0 ? new SoakDisk(folder) : null;
    }

    public long FreeBytes => new DriveInfo(_folder).AvailableFreeSpace;

    /// <summary>Takes all room that is left, or all but so many bytes.</summary>
    public void Fill(long butBytes = 0)
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var page = new byte[PageBytes];
        try
        {
            while (butBytes == 0 || FreeBytes > butBytes)
                file.Write(page);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void GiveBack() => File.Delete(Filler);

    public void Unmount() => Run("umount", "-l", _folder);

    static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
