using Batch.Cli.Commands;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli.Progress;

/// <summary><c>--watch</c>: on a terminal the table is redrawn in place; elsewhere a job is printed again whenever it has changed.</summary>
internal static class Watching
{
    static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    /// <param name="stopWhenOver">Ends when every job is over; otherwise only Ctrl-C does.</param>
    public static async Task<int> RunAsync(
        Session session, Func<CancellationToken, Task<IReadOnlyList<JobStatus>>> read, TimeSpan? interval, bool stopWhenOver,
        CancellationToken cancellationToken)
    {
        if (session.Format is OutputFormat.Json or OutputFormat.Csv)
            throw new UsageException("--watch never ends, so it cannot print JSON or CSV; use --output ndjson, a line for every change.");
        var pause = interval ?? DefaultInterval;
        if (pause < TimeSpan.FromMilliseconds(100))
            throw new UsageException("--interval is too short; the minimum is 100ms.");
        var redraw = session.IsTable && session.Terminal is { Width: > 0, Colour: true } ? new Redraw(session.Terminal) : null;
        var known = new Dictionary<string, JobStatus>(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                var jobs = await read(cancellationToken);
                if (redraw is not null)
                    redraw.Show(Table(session, jobs));
                else
                    PrintChanged(session, jobs, known);
                if (stopWhenOver && jobs.All(job => job.IsOver))
                    return JobCommands.ExitCodeOf(jobs);
                await Task.Delay(pause, session.Terminal.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how one stops watching, and nothing that needs words.
            return ExitCodes.Interrupted;
        }
    }

    static string Table(Session session, IReadOnlyList<JobStatus> jobs)
    {
        var text = new StringWriter { NewLine = "\n" };
        JobTable.Write(jobs, text, session.Terminal.Width, session.Terminal.Colour);
        return text.ToString();
    }

    static void PrintChanged(Session session, IReadOnlyList<JobStatus> jobs, Dictionary<string, JobStatus> known)
    {
        // Times go on by themselves; that is no change.
        static JobStatus Still(JobStatus job) => job with { WaitingMs = 0, ProcessingMs = 0, UpdatedAt = default };
        var changed = jobs.Where(job => !known.TryGetValue(job.JobId, out var before) || Still(before) != Still(job)).Reverse().ToList();
        var isFirst = known.Count == 0;
        foreach (var job in changed)
            known[job.JobId] = job;
        if (changed.Count == 0)
            return;
        if (!session.IsTable)
            Printing.Lines(session.Terminal, OutputSchemas.Job, changed);
        else
            session.Terminal.Out.Write(WithoutHead(session, changed, keepHead: isFirst));
        session.Terminal.Out.Flush();
    }

    static string WithoutHead(Session session, List<JobStatus> jobs, bool keepHead)
    {
        var lines = Table(session, jobs).Split('\n');
        return string.Join('\n', keepHead ? lines : lines.Skip(2));
    }
}
