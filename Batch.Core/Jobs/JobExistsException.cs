namespace Batch.Core.Jobs;

/// <summary>Somebody else has just created the job of the same label: theirs is the job, this upload is not one.</summary>
public sealed class JobExistsException(JobKey key) : Exception($"Job {key.JobId} has been created by another request with the same label.")
{
    public JobKey Key { get; } = key;
}
