using System.CommandLine;
using Batch.Cli.Progress;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job status JOB…</c></summary>
internal static class JobStatusCommand
{
    public static Command Create(Terminal terminal)
    {
        var jobs = CommonOptions.Jobs(terminal);
        var watch = new Option<bool>("--watch") { Description = "Keep the display up to date until the job is over; the exit code says how it ended" };
        var interval = Durations.Option("--interval", "With --watch: how often to refresh (1s by default)");
        var command = new Command("status", "Show jobs") { jobs, watch, interval };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var ids = session.Get(jobs);
            if (!session.Get(watch))
            {
                var found = await ReadAsync(session, ids, cancellationToken);
                JobCommands.Print(session, found, single: ids.Length == 1);
                foreach (var job in found)
                    JobCommands.Explain(session, job, named: ids.Length > 1);
                return ExitCodes.Success;
            }
            IReadOnlyList<JobStatus> last = [];
            var exitCode = await Watching.RunAsync(session, async token => last = await ReadAsync(session, ids, token),
                session.Get(interval), stopWhenOver: true, cancellationToken);
            foreach (var job in last.Where(job => job.IsOver))
                JobCommands.Explain(session, job, named: ids.Length > 1);
            return exitCode;
        });
        return command;
    }

    static async Task<IReadOnlyList<JobStatus>> ReadAsync(Session session, string[] ids, CancellationToken cancellationToken) =>
        await Task.WhenAll(ids.Select(id => session.Api.GetJobAsync(id, cancellationToken)));
}
