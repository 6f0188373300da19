namespace Batch.EmbeddedClickHouse.Engine;

/// <summary>One process at a time on a data folder. The operating system lets go of the lock when the process ends, however it ends.</summary>
internal sealed class DataLock : IDisposable
{
    static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    readonly FileStream _file;

    DataLock(FileStream file) => _file = file;

    /// <exception cref="StartupException">Another process has the folder and does not leave it in time, or it cannot be written to.</exception>
    internal static async Task<DataLock> TakeAsync(string folder, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var giveUp = time.GetTimestamp();
        while (true)
        {
            try
            {
                Directory.CreateDirectory(folder);
                return new DataLock(new FileStream(
                    Path.Combine(folder, "process.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (Exception exception) when (exception is UnauthorizedAccessException || exception is IOException && !IsTaken(exception))
            {
                throw new StartupException($"The data folder '{folder}' cannot be used: {exception.Message}", exception);
            }
            catch (IOException)
            {
                if (time.GetElapsedTime(giveUp) >= timeout)
                {
                    throw new StartupException($"The data folder '{folder}' is in use by another process; only one may use it at a time.");
                }
            }
            await Task.Delay(RetryDelay, time, cancellationToken);
        }
    }

    // EWOULDBLOCK of flock(2), which .NET keeps in the result of a sharing violation.
    static bool IsTaken(Exception exception) => exception.HResult == 11;

    public void Dispose() => _file.Dispose();
}
