namespace Batch.Core.Jobs.Writing;

/// <summary>Another request has just created the job of the same label, or the same repair; this one creates none.</summary>
public sealed class JobExistsException(JobKey key) : Exception($"Job {key.JobId} has just been created by another request.")
{
    public JobKey Key { get; } = key;
}
