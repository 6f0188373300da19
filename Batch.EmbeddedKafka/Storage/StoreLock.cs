namespace Batch.EmbeddedKafka.Storage;

/// <summary>Keeps a second process (and a second store in this one) out of a log's folder. The kernel lets go of it however the process ends.</summary>
internal static class StoreLock
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
            throw new StorageException($"The log in {directory} is in use by another process{ReadOwner(owner)}: one process owns it at a time.", e);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            throw new StorageException($"The log in {directory} cannot be opened: {e.Message}", e);
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

    static string ReadOwner(string path)
    {
        try
        {
            return $" ({File.ReadAllText(path)})";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
