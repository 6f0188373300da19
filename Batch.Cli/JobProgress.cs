using Batch.Cli.Tables;
using Batch.Client;
using Spectre.Console;

namespace Batch.Cli;

/// <summary>Follows a job until it is over: rows, rate, good and bad while it runs; nothing off a terminal.</summary>
internal static class JobProgress
{
    static readonly TimeSpan[] Pauses = [.. new[] { 20, 40, 80, 150, 250 }.Select(ms => TimeSpan.FromMilliseconds(ms))];

    public static async Task<JobStatus> WatchAsync(Session session, string jobId, CancellationToken cancellationToken)
    {
        if (!session.Terminal.Animate)
            return await PollAsync(session, jobId, _ => { }, cancellationToken);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(session.Terminal.Error) });
        var clock = System.Diagnostics.Stopwatch.StartNew();
        return await console.Status().StartAsync("waiting", status => PollAsync(session, jobId, job =>
        {
            var done = job.Success + job.Errors + job.Abandoned;
            var rate = clock.Elapsed.TotalSeconds > 0.5 ? $"  {done / clock.Elapsed.TotalSeconds:N0} rows/s" : "";
            status.Status = Markup.Escape($"{JobTable.Bar(job)} {job.Percent,3}%  {done:N0} of {job.Total:N0} rows  {job.Success:N0} ok  {job.Errors:N0} bad{rate}");
        }, cancellationToken));
    }

    static async Task<JobStatus> PollAsync(Session session, string jobId, Action<JobStatus> onChange, CancellationToken cancellationToken)
    {
        for (var poll = 0; ; poll++)
        {
            var job = await session.Api.GetJobAsync(jobId, cancellationToken);
            onChange(job);
            if (job.IsOver)
                return job;
            await Task.Delay(Pauses[Math.Min(poll, Pauses.Length - 1)], cancellationToken);
        }
    }
}
