using System.CommandLine;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job reprocess JOB</c>, also as <c>batch reprocess JOB</c>.</summary>
internal static class ReprocessCommand
{
    public static Command Create(Terminal terminal)
    {
        var wait = new Option<bool>("--wait") { Description = "Wait until the new job is over; the exit code says how it ended" };
        var command = new Command("reprocess", "Run a job's rejected rows again, against the model as it is now") { JobCommands.JobArgument, wait };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var job = await session.Api.ReprocessAsync(session.Get(JobCommands.JobArgument), cancellationToken);
            if (session.Format == OutputFormat.Table)
                await session.Terminal.Out.WriteLineAsync($"Reprocessing job {Tables.JobTable.ShortId(job.JobId)} created");
            else if (!session.Get(wait))
                JobCommands.Print(session, [job]);
            return session.Get(wait) ? await JobCommands.WaitAsync(session, job.JobId, cancellationToken) : ExitCodes.Success;
        });
        return command;
    }
}
