using System.CommandLine;
using Batch.Cli.Output;
using Batch.Cli.Progress;

namespace Batch.Cli.Commands;

/// <summary><c>batch job wait JOB…</c>, and what <c>--wait</c> does elsewhere.</summary>
internal static class JobWaitCommand
{
    public static Command Create(Terminal terminal)
    {
        var jobs = CommonOptions.Jobs(terminal);
        var timeout = CommonOptions.Timeout();
        var command = new Command("wait", "Wait until jobs are over; the exit code says how they ended") { jobs, timeout };
        Session.Bind(command, terminal, (session, cancellationToken) =>
            WaitAsync(session, session.Get(jobs), session.Get(timeout), session.Get(jobs).Length == 1, cancellationToken));
        return command;
    }

    /// <summary>Shows the jobs' progress until they are over, then the jobs.</summary>
    /// <param name="quiet">The ids have been printed, and nothing else is to be; the exit code says how it ended.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> WaitAsync(
        Session session, IReadOnlyList<string> ids, TimeSpan? timeout, bool single, CancellationToken cancellationToken, bool quiet = false)
    {
        using var timer = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan, session.Terminal.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            var ended = await JobFollower.FollowAsync(session, ids, limit.Token);
            if (!quiet)
            {
                JobCommands.Print(session, ended, single);
                foreach (var job in ended)
                    JobCommands.Explain(session, job, named: !single);
            }
            return JobCommands.ExitCodeOf(ended);
        }
        catch (InterruptedException interrupted) when (!cancellationToken.IsCancellationRequested)
        {
            var named = string.Join(' ', ids.Select(Names.Short));
            throw new TimeoutException($"Still running after {timeout}. Wait again: batch job wait {named}", interrupted);
        }
    }
}
