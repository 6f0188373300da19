using System.Globalization;

namespace Batch.Standalone;

/// <summary>The one folder of a standalone system, locked for as long as the process lives.</summary>
internal sealed class DataFolder : IDisposable
{
    readonly FileStream _lock;

    DataFolder(DirectoryInfo root, FileStream held)
    {
        Root = root;
        _lock = held;
    }

    public DirectoryInfo Root { get; }
    public string Log => Path.Combine(Root.FullName, "log");
    public string ClickHouse => Path.Combine(Root.FullName, "clickhouse");

    /// <exception cref="StandaloneException">Another instance has it, or it cannot be written to.</exception>
    public static DataFolder Open(DirectoryInfo root)
    {
        var path = Path.Combine(root.FullName, "lock");
        try
        {
            root.Create();
            // The kernel gives an flock back when its process dies, however it dies; a file left behind holds nothing.
            var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(path + ".pid", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new DataFolder(root, held);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new StandaloneException(
                $"Another Batch{Holder(path)} is using {root.FullName}. Stop it, or give this one a folder of its own with --data DIR.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StandaloneException($"The data folder {root.FullName} cannot be used: {exception.Message} Give another with --data DIR.", exception);
        }
    }

    /// <summary>The holder's process id, for the message; the holder itself stands in a second file that nobody locks.</summary>
    static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(path + ".pid") is { Length: > 0 } pid ? $" (process {pid})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    public void Dispose() => _lock.Dispose();
}
