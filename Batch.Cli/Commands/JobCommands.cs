using System.CommandLine;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job list | status | create | wait | cancel | rejected | reprocess | verify</c></summary>
internal static class JobCommands
{
    /// <summary>Of ignored columns a line names so many; --output json names them all.</summary>
    const int MaxNamed = 50;

    public static Command Create(Terminal terminal) => new("job", "Submit files and follow their jobs")
    {
        JobListCommand.Create(terminal), JobStatusCommand.Create(terminal), JobCreateCommand.Create(terminal), JobWaitCommand.Create(terminal),
        Cancel(terminal), JobRejectedCommand.Create(terminal), ReprocessCommand.Create(terminal), JobVerifyCommand.Create(terminal),
    };

    static Command Cancel(Terminal terminal)
    {
        var jobs = CommonOptions.Jobs(terminal);
        var command = new Command("cancel", "Cancel jobs; loaded rows stay, and are counted") { jobs };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var cancelled = new List<JobStatus>();
            foreach (var id in session.Get(jobs))
            {
                var job = await session.Api.GetJobAsync(id, cancellationToken);
                await session.Api.CancelJobAsync(job.JobId, cancellationToken);
                if (session.IsTable)
                    session.Terminal.Out.WriteLine($"job {Names.Short(job.JobId)} cancelled");
                else
                    cancelled.Add(await session.Api.GetJobAsync(job.JobId, cancellationToken));
            }
            if (!session.IsTable)
                Print(session, cancelled, single: session.Get(jobs).Length == 1);
            return ExitCodes.Success;
        });
        return command;
    }

    /// <param name="single">One was asked for: JSON is an object then, not a list of one.</param>
    public static void Print(Session session, IReadOnlyList<JobStatus> jobs, bool single)
    {
        void Table(TextWriter output) => JobTable.Write(jobs, output, session.Terminal.Width, session.Terminal.Colour);
        if (single && jobs.Count == 1)
            session.One(OutputSchemas.Job, jobs[0], Table);
        else
            session.Many(OutputSchemas.Job, jobs, Table);
    }

    /// <summary>Why it failed, and what to do next; words, so not on stdout.</summary>
    public static void Explain(Session session, JobStatus job, bool named)
    {
        var subject = named ? $"{Names.Short(job.JobId)}: " : "";
        SayIgnored(session, job.IgnoredColumns, job.Warnings, subject);
        if (job.BlankLines is > 0 and var blank)
            session.Say($"{subject}{Names.Count(blank, "blank line")} {(blank == 1 ? "was" : "were")} skipped");
        if (job.Failure is { Length: > 0 } failure)
            session.Say(subject + failure);
        var id = Names.Short(job.JobId);
        if (job.FailureCode == "DEAD_LETTER")
            session.Say($"{subject}See which chunks were kept, and retry them: batch dead-letter list --job {id}");
        if (job.FailureCode == "HEADER_FAULT")
            session.Say($"{subject}See what is wrong with the header: batch job rejected {id}");
        else if (job.Errors > 0)
            session.Say($"{subject}{Names.Count(job.Errors, "row")} {(job.Errors == 1 ? "was" : "were")} rejected. See why: batch job rejected {id}");
        if (job.Repaired is > 0 and var repaired)
            session.Say(
                $"{subject}{Names.Count(repaired, "row")} of these {(repaired == 1 ? "is" : "are")} repaired: "
                + $"later jobs have loaded {(repaired == 1 ? "it" : "them")}.");
    }

    /// <summary>What of a file was left out, and what of that was hardly meant to be.</summary>
    public static void SayIgnored(Session session, IReadOnlyList<string> ignored, IReadOnlyList<string> warnings, string subject = "")
    {
        if (ignored.Count > 0)
            session.Say(
                $"{subject}ignored columns: {string.Join(", ", ignored.Take(MaxNamed))}{(ignored.Count > MaxNamed ? $" and {ignored.Count - MaxNamed} more" : "")}");
        foreach (var warning in warnings)
            session.Say($"{subject}warning: {warning}");
    }

    /// <summary>What a script learns from how jobs ended; of several, the worst.</summary>
    public static int ExitCodeOf(IEnumerable<JobStatus> jobs) => Worst(jobs.Select(job => job.State switch
    {
        JobState.Success => ExitCodes.Success,
        JobState.PartialSuccess => ExitCodes.PartialSuccess,
        _ => ExitCodes.Failure,
    }));

    /// <summary>Anything that went wrong is worse than rows that were rejected, and those are worse than nothing.</summary>
    public static int Worst(IEnumerable<int> exitCodes) => exitCodes
        .OrderByDescending(code => code switch { ExitCodes.Success => 0, ExitCodes.PartialSuccess => 1, _ => 2 })
        .FirstOrDefault(ExitCodes.Success);
}
