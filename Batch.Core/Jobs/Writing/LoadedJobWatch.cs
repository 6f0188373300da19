using Batch.Core.Jobs.Reading;

namespace Batch.Core.Jobs.Writing;

/// <summary>Waits a moment for a small job to be loaded, which saves the insert of its creation; not where the last one took too long a moment ago.</summary>
internal sealed class LoadedJobWatch(JobReader jobs, TimeProvider time)
{
    /// <summary>A small job that meets with no others is loaded by then.</summary>
    static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(30);
    static readonly TimeSpan NextLook = TimeSpan.FromMilliseconds(15);
    /// <summary>Many at once take about half as long.</summary>
    static readonly TimeSpan LookTimeout = TimeSpan.FromMilliseconds(200);
    /// <summary>When workers are away, or behind, one upload in this time waits to see whether they still are.</summary>
    static readonly TimeSpan BacklogMemory = TimeSpan.FromSeconds(1);

    // When a job that was waited for was last seen to be loaded, and when one last was not.
    long _loadedAt, _lateAt;

    /// <summary>The job as soon as it is loaded; null where that takes longer than writing its creation would.</summary>
    public async Task<Job?> WaitAsync(JobKey key, CancellationToken cancellationToken)
    {
        var lateAt = Interlocked.Read(ref _lateAt);
        if (lateAt > Interlocked.Read(ref _loadedAt) && time.GetElapsedTime(lateAt) < BacklogMemory)
            return null;
        var since = time.GetTimestamp();
        for (var pause = FirstLook; ; pause = NextLook)
        {
            await Task.Delay(pause, time, cancellationToken);
            if (await jobs.ReadStatusAsync(key, cancellationToken) is { } job)
            {
                Interlocked.Exchange(ref _loadedAt, time.GetTimestamp());
                return job;
            }
            if (time.GetElapsedTime(since) < LookTimeout)
                continue;
            Interlocked.Exchange(ref _lateAt, time.GetTimestamp());
            return null;
        }
    }
}
