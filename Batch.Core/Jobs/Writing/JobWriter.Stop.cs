using Batch.Client;
using Batch.Core.Ids;

namespace Batch.Core.Jobs.Writing;

public sealed partial class JobWriter
{
    /// <summary>How long to wait for the writer of another stop, in steps of <see cref="VerdictPause"/>.</summary>
    static readonly TimeSpan VerdictTimeout = TimeSpan.FromSeconds(2);
    static readonly TimeSpan VerdictPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Cancels a job. False if it was over before: then it stays as it is.</summary>
    public async Task<bool> CancelAsync(Job job, CancellationToken cancellationToken) =>
        !job.IsOver
        && await StopAsync(job.Key, JobState.Cancelled, null, null, cancellationToken) is { State: JobState.Cancelled };

    /// <summary>Fails a job that cannot continue: a dead letter, a deleted model. A job that is over already stays as it is.</summary>
    /// <remarks>Call it before the receipt that gives up the rows, so that no receipt completes the job without its reason.</remarks>
    public Task FailAsync(JobKey key, string code, string message, CancellationToken cancellationToken) =>
        StopAsync(key, JobState.Failed, code, message, cancellationToken);

    /// <summary>Stops a job unless it is over, and returns its state afterwards.</summary>
    /// <remarks>
    /// A stop races with the last receipt and with other stops, and ClickHouse has no transactions. So:
    /// <list type="number">
    /// <item>The stop is written under the token <c>job:stop</c>, of a later attempt <c>job:stop#n</c>. Of several the first counts.</item>
    /// <item>Then the job is read. A stop that was written before this read is seen by everybody who sees a later receipt, and
    /// they all wait (<see cref="Job.StopIsUndecided"/>). So if the receipts are complete by now, someone may have seen the job end:
    /// the stop came too late. If they are not, nobody has and nobody will.</item>
    /// <item>The decision is written. Workers do not wait for it: they give up chunks as soon as the stop is visible, which does
    /// no harm if it came too late, because no chunk is left then.</item>
    /// </list>
    /// If this process dies before step 3, the next <c>JobMonitor</c> to come by does it, after <see cref="Job.StopTimeout"/>.
    /// </remarks>
    internal async Task<Job?> StopAsync(JobKey key, JobState state, string? code, string? message, CancellationToken cancellationToken)
    {
        var job = await _jobs.ReadAsync(key, cancellationToken);
        if (job is null || job.IsOver)
            return job;
        var stop = new JobEvent(key, JobEvent.Stop, new()
        {
            Attempt = job.Upload.Fact,
            StopId = BatchId.New(),
            StopState = JobStates.Name(state),
            StopCode = code,
            StopMessage = message,
        });
        var attempt = job.Facts.Attempt;
        job = await InsertFirstAsync(stop, stopped => stopped?.Facts.StopId is not null || stopped?.Facts.Attempt > attempt, cancellationToken);
        if (job?.Facts.Attempt > attempt)
            // It was over by then, and has been resumed: the stop has no effect.
            return await StopAsync(key, state, code, message, cancellationToken);
        if (job?.Facts.StopId != stop.Facts.StopId)
            return await AwaitVerdictAsync(key, cancellationToken);
        return await DecideStopAsync(job!, cancellationToken);
    }

    /// <summary>Confirms a stop that came in time, refuses one that did not.</summary>
    internal async Task<Job?> DecideStopAsync(Job job, CancellationToken cancellationToken)
    {
        var verdict = job.DecideWithoutStop() is null ? StopVerdicts.Confirmed : StopVerdicts.Refused;
        await WriteAsync(new(job.Key, JobEvent.Verdict, new() { Attempt = job.Upload.Fact, StopVerdict = verdict }), cancellationToken);
        Ending.Add(job.Key);
        return await _jobs.ReadAsync(job.Key, cancellationToken);
    }

    // Another stop was first: its outcome is the job's.
    async Task<Job?> AwaitVerdictAsync(JobKey key, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; ; waited += VerdictPause)
        {
            var job = await _jobs.ReadAsync(key, cancellationToken);
            if (job is null || job.IsOver || waited >= VerdictTimeout)
                return job;
            await Task.Delay(VerdictPause, _time, cancellationToken);
        }
    }
}
