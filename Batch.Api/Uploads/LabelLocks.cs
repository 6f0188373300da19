namespace Batch.Api.Uploads;

/// <summary>One request at a time for each label: of two uploads with the same label the second finds the first's job.</summary>
/// <remarks>Within this process; between several the first to write the job, or its next attempt, has it (<c>JobWriter.CreateAsync</c>).</remarks>
internal sealed class LabelLocks
{
    readonly Dictionary<string, Entry> _held = new(StringComparer.Ordinal);

    /// <summary>Waits for the label; dispose what is returned to let go of it.</summary>
    public async Task<IDisposable> TakeAsync(string jobId, CancellationToken cancellationToken)
    {
        Entry entry;
        lock (_held)
        {
            if (!_held.TryGetValue(jobId, out entry!))
                _held.Add(jobId, entry = new Entry());
            entry.Users++;
        }
        try
        {
            await entry.Turn.WaitAsync(cancellationToken);
        }
        catch
        {
            Leave(jobId, entry);
            throw;
        }
        return new Hold(this, jobId, entry);
    }

    void Leave(string jobId, Entry entry)
    {
        lock (_held)
        {
            if (--entry.Users == 0)
                _held.Remove(jobId);
        }
    }

    sealed class Entry
    {
        public readonly SemaphoreSlim Turn = new(1, 1);
        public int Users;
    }

    sealed class Hold(LabelLocks locks, string jobId, Entry entry) : IDisposable
    {
        int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) != 0)
                return;
            entry.Turn.Release();
            locks.Leave(jobId, entry);
        }
    }
}
