using Batch.Core.Caching;

namespace Batch.Core.Jobs.Reading;

/// <summary>Jobs that will never change again, so that a list of finished jobs is assembled once, not at every request.</summary>
/// <remarks>
/// Only settled jobs whose counts no receipt can change any more (<see cref="Job.UsesSnapshot"/>) are cached: they are shown from
/// a snapshot that is never written again. What an API has not cached, it reads, so two APIs show the same.
/// </remarks>
internal sealed class FinishedJobCache
{
    /// <summary>Some 20,000 jobs: one takes about 1.5 KB, and more if it names many ignored columns.</summary>
    const long MaxBytes = 32 << 20;

    readonly ByteBoundedCache<JobKey, Job> _jobs = new(MaxBytes, SizeOf);

    public Job? Find(JobKey key) => _jobs.Find(key);

    /// <summary>Caches the job if it is one of those and cannot be resumed.</summary>
    public void Keep(Job job)
    {
        if (job.IsSettled && job.UsesSnapshot && !job.MayBeCarriedOn)
            _jobs.Keep(job.Key, job);
    }

    static long SizeOf(Job job)
    {
        var facts = job.Facts;
        var texts = (ReadOnlySpan<string?>)
        [
            facts.ModelName, facts.FileName, facts.Label, facts.HeaderLine, facts.HeaderCause, facts.UploadFailure, facts.StopMessage, facts.FinalFailure,
        ];
        long bytes = 1_000;
        foreach (var text in texts)
            bytes += BytesOf(text);
        return bytes + facts.IgnoredColumns.Sum(BytesOf) + facts.Warnings.Sum(BytesOf);
    }

    static long BytesOf(string? text) => text is null ? 0 : 32 + (2 * text.Length);
}
