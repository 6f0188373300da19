using Batch.Benchmarks.Soak;

namespace Batch.Tests;

/// <summary>A small file system of its own, in memory, that really fills. Where none may be mounted, the test is skipped.</summary>
public sealed class SmallDisk : IDisposable
{
    readonly string _folder = Path.Combine(Path.GetTempPath(), "batch-disk-" + Guid.NewGuid().ToString("N"));
    readonly SoakDisk? _disk;

    public SmallDisk(int megabytes)
    {
        _disk = SoakDisk.Mount(_folder, megabytes);
        if (_disk is null)
            Directory.Delete(_folder);
        Skip.If(_disk is null, "No file system can be mounted here: that takes root.");
    }

    /// <summary>A folder on it that is not there yet.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    public void Fill(long butBytes = 0) => _disk!.Fill(butBytes);

    public void GiveBack() => _disk!.GiveBack();

    public void Dispose()
    {
        _disk!.Unmount();
        Directory.Delete(_folder);
    }
}
