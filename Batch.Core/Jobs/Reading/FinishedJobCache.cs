using System.Collections.Concurrent;

namespace Batch.Core.Jobs.Reading;

/// <summary>Jobs that were read and will read the same for ever, so that a list of finished jobs is put together once, not at every look.</summary>
/// <remarks>
/// Only jobs that are settled and whose figures no receipt may yet change (<see cref="Job.UsesSnapshot"/>) come in: all that is shown of
/// them is a snapshot that nobody writes again. What an API does not have, it reads; so two of them show the same.
/// </remarks>
internal sealed class FinishedJobCache
{
    /// <summary>About 1 KB each. Beyond it all are forgotten: rarer and simpler than to remember which was looked at last.</summary>
    const int MaxJobs = 20_000;

    readonly ConcurrentDictionary<JobKey, Job> _jobs = new();

    public Job? Find(JobKey key) => _jobs.GetValueOrDefault(key);

    /// <summary>Keeps the job where it is one of those, and no later request can carry it on.</summary>
    public void Keep(Job job)
    {
        if (!job.IsSettled || !job.UsesSnapshot || job.MayBeCarriedOn)
            return;
        if (_jobs.Count >= MaxJobs)
            _jobs.Clear();
        _jobs[job.Key] = job;
    }
}
