using Batch.Client;
using Batch.Core.Ids;

namespace Batch.Core.Jobs.Writing;

public sealed partial class JobWriter
{
    /// <summary>How long the writer of another stop is waited for, in steps of <see cref="VerdictPause"/>.</summary>
    static readonly TimeSpan VerdictTimeout = TimeSpan.FromSeconds(2);
    static readonly TimeSpan VerdictPause = TimeSpan.FromMilliseconds(20);

    /// <summary>Cancels a job. False where it was over before: then it stays what it is.</summary>
    public async Task<bool> CancelAsync(Job job, CancellationToken cancellationToken) =>
        !job.IsOver
        && await StopAsync(job.Key, JobState.Cancelled, null, null, cancellationToken) is { State: JobState.Cancelled };

    /// <summary>Fails a job that goes on no further: a dead letter, a deleted model. A job that is over already stays what it is.</summary>
    /// <remarks>To be called before the receipt that gives the rows up, so that no receipt completes the job without its reason.</remarks>
    public Task FailAsync(JobKey key, string code, string message, CancellationToken cancellationToken) =>
        StopAsync(key, JobState.Failed, code, message, cancellationToken);

    /// <summary>Stops a job, if it is not over, and returns it as it is then.</summary>
    /// <remarks>
    /// A stop races with the last receipt and with other stops, and ClickHouse has no transactions. So:
    /// <list type="number">
    /// <item>The stop is written under the token <c>job:stop</c>, of a later attempt <c>job:stop#n</c>. Of several the first counts.</item>
    /// <item>Then the job is read. A stop that is there before this reading is seen by everybody who sees a receipt after it, and
    /// they all wait (<see cref="Job.StopIsUndecided"/>). So if the receipts are complete by now, someone may have seen the job end:
    /// the stop came too late. If they are not, nobody has and nobody will.</item>
    /// <item>The verdict is written down. Workers do not wait for it: they give chunks up as soon as the stop is there, which does
    /// no harm where it came too late, as there is no chunk left then.</item>
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
            // It was over by then, and has been carried on: the stop hit nothing.
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

    // Somebody else's stop was first: what becomes of it becomes of the job.
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
