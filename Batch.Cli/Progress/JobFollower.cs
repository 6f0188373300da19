using Batch.Cli.Output;
using Batch.Client;
using Batch.Primitives;

namespace Batch.Cli.Progress;

/// <summary>Follows jobs until they are over: rows, rate, bad rows and time left while they run; nothing off a terminal.</summary>
/// <remarks>An API that is restarted meanwhile is waited for: the jobs go on without it.</remarks>
internal static class JobFollower
{
    // A small job is over within a few looks; one that takes its time is not asked about all the time.
    static readonly Backoff Pauses = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(500), Factor: 1.6);
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);

    /// <returns>The jobs as they ended, in the order given.</returns>
    /// <exception cref="InterruptedException">Ctrl-C; the jobs go on.</exception>
    public static async Task<IReadOnlyList<JobStatus>> FollowAsync(Session session, IReadOnlyList<string> jobs, CancellationToken cancellationToken)
    {
        try
        {
            return await ProgressDisplay.RunAsync(session.Terminal, display =>
                Task.WhenAll(jobs.Select(job => FollowAsync(session, job, display, cancellationToken))));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            var ids = string.Join(' ', jobs.Select(Names.Short));
            throw new InterruptedException(
                $"Interrupted; submitted jobs continue. Wait again with 'batch job wait {ids}', or stop it with 'batch job cancel {ids}'.");
        }
    }

    static async Task<JobStatus> FollowAsync(Session session, string id, ProgressDisplay display, CancellationToken cancellationToken)
    {
        var time = session.Terminal.Time;
        JobStatus? job = null;
        var rate = new RateMeter(time);
        display.Add(width => job is { } seen ? ProgressLine.Rows(seen, rate.PerSecond, width) : Names.Short(id));
        var lastAnswer = time.GetTimestamp();
        for (var poll = 1; ; poll++)
        {
            try
            {
                job = await session.Api.GetJobAsync(id, cancellationToken);
                lastAnswer = time.GetTimestamp();
                rate.Add(job.Success + job.Errors + job.Abandoned);
                if (job.IsOver)
                    return job;
            }
            catch (Exception fault) when (job is not null && IsPassing(fault) && time.GetElapsedTime(lastAnswer) < GiveUpAfter)
            {
            }
            await Task.Delay(Pauses.After(poll), time, cancellationToken);
        }
    }

    static bool IsPassing(Exception fault) =>
        fault is BatchUnreachableException || fault is BatchApiException api && Faults.ExitCodeOf(api.StatusCode) == ExitCodes.Unreachable;
}
