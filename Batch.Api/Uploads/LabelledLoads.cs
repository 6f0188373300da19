using Batch.Api.Tenants;
using Batch.Core.Jobs;
using Batch.Core.Jobs.Reading;
using Batch.Core.Models;

namespace Batch.Api.Uploads;

/// <summary>Finds out what a label stands for. It belongs to a load, not to the first attempt at one.</summary>
internal sealed class LabelledLoads(JobReader jobs, ModelStore models, TimeProvider time)
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    /// <summary>An upload that sends no heartbeat is dead, and its job FAILED within 30 s.</summary>
    static readonly TimeSpan UploadTimeout = TimeSpan.FromSeconds(45);
    /// <summary>Chunks of a job that is over are given up as fast as workers come to them.</summary>
    static readonly TimeSpan RestTimeout = TimeSpan.FromSeconds(20);

    /// <summary>What to do for a request with a label. Waits where that cannot be told yet.</summary>
    /// <remarks>
    /// An upload that has not ended may be going on, or its API may have died a moment ago. A client that is told that its file is being loaded goes away: so
    /// a heartbeat is waited for, or the end.
    /// </remarks>
    /// <exception cref="RequestException">409: the label is another load's, or cannot be told yet.</exception>
    public async Task<LabelledLoad> FindAsync(Tenant tenant, UploadSettings settings, CancellationToken cancellationToken)
    {
        var label = settings.Label!;
        var since = time.GetTimestamp();
        long? overSince = null;
        DateTimeOffset? heardOf = null;
        while (true)
        {
            var (job, generation) = await jobs.FindLabelledAsync(tenant.Id, label, cancellationToken);
            if (job is null)
                return new(LoadStep.Begin, JobIds.OfLabel(tenant.Id, label, generation), null);
            if (job.MayBeCarriedOn)
            {
                if (job.IsAtRest)
                    return job.Success > 0 ? new(LoadStep.CarryOn, job.JobId, await CheckAsync(tenant, settings, job, cancellationToken))
                        : new(LoadStep.Begin, JobIds.OfLabel(tenant.Id, label, generation + 1), null);
                if (time.GetElapsedTime(overSince ??= time.GetTimestamp()) > RestTimeout)
                    throw LabelProblems.Busy(job, "which broke off, and some of its chunks are still in progress");
            }
            else if (job.IsOver || job.UploadEnded || job.HeardOfAt > heardOf)
            {
                await CheckAsync(tenant, settings, job, cancellationToken);
                return new(job.IsOver && job.Digest is not null ? LoadStep.Compare : LoadStep.Answer, job.JobId, job);
            }
            else
            {
                heardOf ??= job.HeardOfAt;
                if (time.GetElapsedTime(since) > UploadTimeout)
                    throw LabelProblems.Busy(job, "whose upload sends no heartbeats and has not failed yet");
            }
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>The job, where the request may be for it.</summary>
    async Task<Job> CheckAsync(Tenant tenant, UploadSettings settings, Job job, CancellationToken cancellationToken)
    {
        if (settings.ModelId is { } id && await models.FindAsync(tenant.Id, id, cancellationToken) is { } model && model.ModelId != job.ModelId)
            throw LabelProblems.InUse(job, $"of another model, '{job.ModelName}'");
        if (job.SourceJobId is not null)
            throw LabelProblems.InUse(job, $"of rows that job {job.SourceJobId} rejected");
        return job;
    }
}
