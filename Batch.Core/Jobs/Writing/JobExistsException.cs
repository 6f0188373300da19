namespace Batch.Core.Jobs.Writing;

/// <summary>Somebody else has just created the job of the same label, or the same repair: theirs is the job, this request makes none.</summary>
public sealed class JobExistsException(JobKey key) : Exception($"Job {key.JobId} has just been created by another request.")
{
    public JobKey Key { get; } = key;
}
