using System.CommandLine;
using Batch.Cli.Tables;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job list | status | create | wait | cancel | rejected | reprocess | verify</c></summary>
internal static class JobCommands
{
    public static Argument<string> JobArgument { get; } = new("job") { Description = "An id, or a unique prefix of one (4 or more digits)" };

    public static Command Create(Terminal terminal) => new("job", "Submit files and see what became of them")
    {
        List(terminal), Status(terminal), JobCreateCommand.Create(terminal), Wait(terminal), Cancel(terminal),
        JobRejectedCommand.Create(terminal), ReprocessCommand.Create(terminal), Verify(terminal),
    };

    static Command List(Terminal terminal)
    {
        var limit = new Option<int?>("--limit") { Description = "How many, newest first (100 unless told)", HelpName = "N" };
        var command = new Command("list", "List the jobs, newest first") { limit };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var page = await session.Api.ListJobsAsync(new JobQuery { Limit = session.Get(limit) }, cancellationToken);
            Print(session, page.Jobs);
            if (page.Next is not null)
                await session.Terminal.Error.WriteLineAsync($"There are more; --limit shows more than {page.Jobs.Count}.");
            if (page.Jobs.Count == 0)
                await session.Terminal.Error.WriteLineAsync("No jobs yet. Make one: batch job create <model> <file.csv>");
            return ExitCodes.Success;
        });
        return command;
    }

    static Command Status(Terminal terminal)
    {
        var command = new Command("status", "Show one job") { JobArgument };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var job = await session.Api.GetJobAsync(session.Get(JobArgument), cancellationToken);
            Print(session, [job]);
            await ExplainAsync(session.Terminal, job);
            return ExitCodes.Success;
        });
        return command;
    }

    static Command Wait(Terminal terminal)
    {
        var timeout = new Option<TimeSpan?>("--timeout") { Description = "Give up after this long, as hh:mm:ss (exit code 7)", HelpName = "TIME" };
        var command = new Command("wait", "Wait until a job is over; the exit code says how it ended") { JobArgument, timeout };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (session.Get(timeout) is { } patience)
                limit.CancelAfter(patience);
            try
            {
                return await WaitAsync(session, session.Get(JobArgument), limit.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                await session.Terminal.Error.WriteLineAsync("The job is still running; --timeout ran out.");
                return ExitCodes.Timeout;
            }
        });
        return command;
    }

    /// <summary>Shows the job's progress until it is over, then the job.</summary>
    public static async Task<int> WaitAsync(Session session, string jobId, CancellationToken cancellationToken)
    {
        var job = await JobProgress.WatchAsync(session, jobId, cancellationToken);
        Print(session, [job]);
        await ExplainAsync(session.Terminal, job);
        return job.State switch
        {
            JobState.Success => ExitCodes.Success,
            JobState.PartialSuccess => ExitCodes.PartialSuccess,
            _ => ExitCodes.Failure,
        };
    }

    static Command Cancel(Terminal terminal)
    {
        var command = new Command("cancel", "Cancel a job; what has been loaded stays") { JobArgument };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var job = await session.Api.GetJobAsync(session.Get(JobArgument), cancellationToken);
            var answer = await session.Api.CancelJobAsync(job.JobId, cancellationToken);
            if (session.Format is OutputFormat.Json or OutputFormat.Ndjson)
                Printing.Json(session.Terminal, answer, BatchJson.Default.CancelJobResponse);
            else
                session.Terminal.Out.WriteLine($"job {JobTable.ShortId(job.JobId)} cancelled");
            return ExitCodes.Success;
        });
        return command;
    }

    static Command Verify(Terminal terminal)
    {
        var command = new Command("verify", "Hold a job's figures against the tables") { JobArgument };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var report = await session.Api.VerifyAsync(session.Get(JobArgument), cancellationToken);
            if (session.Format is OutputFormat.Json or OutputFormat.Ndjson)
                Printing.Json(session.Terminal, report, BatchJson.Default.VerifyReport);
            else
                Print(report, session.Terminal.Out);
            return report.Consistent ? ExitCodes.Success : ExitCodes.Failure;
        });
        return command;
    }

    static void Print(VerifyReport report, TextWriter output)
    {
        var table = new TextTable().Column("FIGURE", 12).Column("JOB", 12, right: true).Column("TABLES", 12, right: true);
        table.Row("total", $"{report.Total:N0}", "");
        table.Row("success", $"{report.Success:N0}", $"{report.RowsInTable:N0}");
        table.Row("distinct", "", $"{report.DistinctRowsInTable:N0}");
        table.Row("errors", $"{report.Errors:N0}", $"{report.RejectedRowsInTable:N0}");
        table.Row("abandoned", $"{report.Abandoned:N0}", "");
        table.Write(output);
        output.WriteLine();
        foreach (var breach in report.Breaches)
            output.WriteLine(breach);
        output.WriteLine(report.Consistent ? "Every row is accounted for: none lost, none doubled." : "The figures do not agree.");
    }

    public static void Print(Session session, IReadOnlyList<JobStatus> jobs)
    {
        switch (session.Format)
        {
            case OutputFormat.Json when jobs.Count == 1: Printing.Json(session.Terminal, jobs[0], BatchJson.Default.JobStatus); break;
            case OutputFormat.Json: Printing.Json(session.Terminal, new JobList(jobs, null), BatchJson.Default.JobList); break;
            case OutputFormat.Ndjson: Printing.Lines(session.Terminal, jobs, BatchJson.Default.JobStatus); break;
            case OutputFormat.Csv:
                Printing.Csv(session.Terminal, jobs.Select(job => new[]
                {
                    job.JobId, job.ModelId, job.ModelName, JobTable.StateName(job.State), $"{job.Total}", $"{job.Success}", $"{job.Errors}",
                    $"{job.Abandoned}", $"{job.Percent}", $"{job.WaitingMs}", $"{job.ProcessingMs}",
                }).Prepend(["job_id", "model_id", "model_name", "state", "total", "success", "errors", "abandoned", "percent", "waiting_ms", "processing_ms"]));
                break;
            default: JobTable.Write(jobs, session.Terminal.Out, session.Terminal.Colour); break;
        }
    }

    /// <summary>Why it failed, and what to do next; words, so not on stdout.</summary>
    static async Task ExplainAsync(Terminal terminal, JobStatus job)
    {
        if (job.Failure is { Length: > 0 } failure)
            await terminal.Error.WriteLineAsync(failure);
        if (job.Errors > 0)
            await terminal.Error.WriteLineAsync($"{job.Errors:N0} rows were rejected. See why: batch job rejected {JobTable.ShortId(job.JobId)}");
    }
}
