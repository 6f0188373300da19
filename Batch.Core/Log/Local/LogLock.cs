namespace Batch.Core.Log.Local;

/// <summary>Keeps a second process (and a second log in this one) out of a log's folder. The kernel lets go of it however the process ends.</summary>
internal static class LogLock
{
    public static FileStream Take(string directory)
    {
        var path = Path.Combine(directory, "lock");
        var owner = Path.Combine(directory, "owner");
        FileStream held;
        try
        {
            Directory.CreateDirectory(directory);
            held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (File.Exists(path))
        {
            var process = File.Exists(owner) ? $" (process {File.ReadAllText(owner)})" : "";
            throw new LogUnavailableException($"The log in {directory} is in use by another Batch{process}: one process owns it at a time.", e);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            throw LogDisk.Explain(e, directory);
        }
        try
        {
            File.WriteAllText(owner, $"{Environment.ProcessId}");
        }
        catch (IOException)
        {
            // Only for the message above; a full disk is no reason not to open the log and drain it.
        }
        return held;
    }
}
