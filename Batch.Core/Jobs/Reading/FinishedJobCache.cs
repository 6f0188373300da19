using System.Collections.Concurrent;

namespace Batch.Core.Jobs.Reading;

/// <summary>Jobs that will never change again, so that a list of finished jobs is assembled once, not at every request.</summary>
/// <remarks>
/// Only settled jobs whose counts no receipt can change any more (<see cref="Job.UsesSnapshot"/>) are cached: they are shown from
/// a snapshot that is never written again. What an API has not cached, it reads, so two APIs show the same.
/// </remarks>
internal sealed class FinishedJobCache
{
    /// <summary>About 1 KB each. Beyond it the cache is cleared: rare, and simpler than tracking the last use.</summary>
    const int MaxJobs = 20_000;

    readonly ConcurrentDictionary<JobKey, Job> _jobs = new();

    public Job? Find(JobKey key) => _jobs.GetValueOrDefault(key);

    /// <summary>Caches the job if it is one of those and cannot be resumed.</summary>
    public void Keep(Job job)
    {
        if (!job.IsSettled || !job.UsesSnapshot || job.MayBeCarriedOn)
            return;
        if (_jobs.Count >= MaxJobs)
            _jobs.Clear();
        _jobs[job.Key] = job;
    }
}
