using System.Globalization;

namespace Batch.AppHost;

/// <summary>The one folder of a system on this machine, locked for as long as the app host lives.</summary>
internal sealed class DataFolder : IDisposable
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    readonly FileStream _lock;
    readonly string _pidFile;

    DataFolder(FileStream held, string pidFile, bool wasKilled) => (_lock, _pidFile, WasKilled) = (held, pidFile, wasKilled);

    /// <summary>The last instance did not end by itself: its processes may still be about to end.</summary>
    public bool WasKilled { get; }

    /// <exception cref="AppHostException">Another instance has it, or it cannot be written to.</exception>
    public static DataFolder Open(DirectoryInfo root)
    {
        var path = Path.Combine(root.FullName, "lock");
        var pidFile = path + ".pid";
        try
        {
            root.Create();
            // The kernel gives an flock back when its process dies, however it dies; a file left behind holds nothing.
            var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var wasKilled = File.Exists(pidFile);
            File.WriteAllText(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new DataFolder(held, pidFile, wasKilled);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new AppHostException(
                $"Another Batch{Holder(pidFile)} is using {root.FullName}. Stop it, or give this one another folder with --data DIR.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AppHostException($"The data folder {root.FullName} cannot be used: {exception.Message} Give another with --data DIR.", exception);
        }
    }

    /// <summary>Waits for the embedded servers of an instance that was killed: each has its folder locked until it has ended.</summary>
    public static async Task WaitForFormerServersAsync(IEnumerable<string> lockFiles, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        foreach (var file in lockFiles)
        {
            while (IsHeld(file) && time.GetElapsedTime(started) < timeout)
                await Task.Delay(Poll, time, cancellationToken);
        }
    }

    static bool IsHeld(string file)
    {
        try
        {
            if (File.Exists(file))
                using (new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                    return false;
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>The holder's process id, for the message; the holder itself stands in a second file that nobody locks.</summary>
    static string Holder(string pidFile)
    {
        try
        {
            return File.ReadAllText(pidFile) is { Length: > 0 } pid ? $" (process {pid})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    public void Dispose()
    {
        File.Delete(_pidFile);
        _lock.Dispose();
    }
}
