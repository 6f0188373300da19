using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli.Progress;

/// <summary>Follows jobs until they are over: rows, rate, bad rows and time left while they run; nothing off a terminal.</summary>
/// <remarks>An API that is restarted meanwhile is waited for: the jobs go on without it.</remarks>
internal static class JobFollower
{
    static readonly TimeSpan[] Pauses = [.. new[] { 20, 40, 80, 150, 250, 250, 250, 250, 500 }.Select(ms => TimeSpan.FromMilliseconds(ms))];
    static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);

    /// <returns>The jobs as they ended, in the order given.</returns>
    /// <exception cref="InterruptedException">Ctrl-C; the jobs go on.</exception>
    public static async Task<IReadOnlyList<JobStatus>> FollowAsync(Session session, IReadOnlyList<string> jobs, CancellationToken cancellationToken)
    {
        try
        {
            return await ProgressDisplay.RunAsync(session.Terminal, display =>
                Task.WhenAll(jobs.Select(job => FollowAsync(session.Api, job, display, cancellationToken))));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            var ids = string.Join(' ', jobs.Select(Names.Short));
            throw new InterruptedException(
                $"Interrupted; submitted jobs continue. Wait again with 'batch job wait {ids}', or stop it with 'batch job cancel {ids}'.");
        }
    }

    static async Task<JobStatus> FollowAsync(BatchClient api, string id, ProgressDisplay display, CancellationToken cancellationToken)
    {
        JobStatus? job = null;
        var rate = new RateMeter(TimeProvider.System);
        display.Add(width => job is { } seen ? ProgressLine.Rows(seen, rate.PerSecond, width) : Names.Short(id));
        var lastAnswer = TimeProvider.System.GetTimestamp();
        for (var poll = 0; ; poll++)
        {
            try
            {
                job = await api.GetJobAsync(id, cancellationToken);
                lastAnswer = TimeProvider.System.GetTimestamp();
                rate.Add(job.Success + job.Errors + job.Abandoned);
                if (job.IsOver)
                    return job;
            }
            catch (Exception fault) when (job is not null && IsPassing(fault) && TimeProvider.System.GetElapsedTime(lastAnswer) < GiveUpAfter)
            {
            }
            await Task.Delay(Pauses[Math.Min(poll, Pauses.Length - 1)], cancellationToken);
        }
    }

    static bool IsPassing(Exception fault) =>
        fault is BatchUnreachableException || fault is BatchApiException api && Faults.ExitCodeOf(api.StatusCode) == ExitCodes.Unreachable;
}
