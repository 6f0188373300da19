using Batch.Client;
using Batch.Core.Jobs;
using Batch.Core.Models;

namespace Batch.Api.Uploads;

/// <summary>Why a request cannot have the label that it came with.</summary>
internal static class LabelProblems
{
    public static RequestException ContentDiffers(NewJob job, string how) => ContentDiffers(job.Key.JobId, job.Label, how);

    public static RequestException ContentDiffers(Job job, string how) => ContentDiffers(job.JobId, job.Label, how);

    public static RequestException InUse(Job job, string how) =>
        new(409, "LABEL_IN_USE", $"The label '{job.Label}' belongs to job {job.JobId} {how}. Use a new label for a new file.");

    public static RequestException Busy(Job job, string why) => new(409, "LABEL_BUSY",
        $"The label '{job.Label}' belongs to job {job.JobId}, {why}. Try again in a few seconds.");

    public static RequestException NotResumable(Job job) =>
        NotResumable(job, "and does not record which bytes of the file they are: it was started by an older version of Batch");

    public static RequestException NotResumable(Job job, DeadLetter letter) => NotResumable(job,
        $"and its rows {letter.FirstRow} to {letter.LastRow}, the dead letter {letter.DeadLetterId}, were retried as job {letter.RetryJobId}: they would be loaded twice");

    public static RequestException BudgetIsSpent(Job job, long maxErrors) => new(409, FailureCodes.ErrorBudgetExceeded,
        $"{job.Errors} rows were rejected before job {job.JobId} of the label '{job.Label}' broke off; {maxErrors} are allowed. Allow more with max_errors, or leave it out.");

    static RequestException NotResumable(Job job, string why) => new(409, "NOT_RESUMABLE",
        $"Job {job.JobId} of the label '{job.Label}' broke off with {job.Success} rows loaded, {why}. "
        + $"Delete its rows from {ModelVersion.TableOf(job.ModelId)} (where _job_id is the job's), and send the file under a new label.");

    static RequestException ContentDiffers(string jobId, string? label, string how) => new(409, FailureCodes.LabelContentDiffers,
        $"The file is not that of job {jobId}, to which the label '{label}' belongs: {how}. Send that file again, or this one under a new label.");
}
