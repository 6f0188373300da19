using System.CommandLine;
using Batch.Cli.Output;
using Batch.Cli.Progress;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job list</c></summary>
internal static class JobListCommand
{
    const int PageSize = 1_000;
    static readonly string[] States = [.. Enum.GetValues<JobState>().Select(Names.Of)];

    public static Command Create(Terminal terminal)
    {
        var limit = new Option<int>("--limit", "-n") { Description = "How many, newest first", DefaultValueFactory = _ => 100, HelpName = "N" };
        limit.Validators.Add(result =>
        {
            // A word that is no number is the parser's to report; asking for its value would throw.
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number < 1)
                result.AddError("--limit must be 1 or more.");
        });
        var state = new Option<string?>("--state", "-s") { Description = $"Only jobs in this state: {string.Join(", ", States)}", HelpName = "STATE" };
        state.CompletionSources.Add(States);
        var model = CommonOptions.ModelFilter(terminal);
        var watch = new Option<bool>("--watch") { Description = "Keep the list up to date until Ctrl-C" };
        var interval = Durations.Option("--interval", "With --watch: how often to refresh (1s by default)");
        var command = new Command("list", "List the jobs, newest first") { limit, state, model, watch, interval };
        Session.Bind(command, terminal, (session, cancellationToken) =>
        {
            var query = new JobQuery { State = ParseState(session.Given(state)), Model = session.Given(model) };
            return session.Get(watch)
                ? Watching.RunAsync(session, token => ReadAsync(session, query, session.Get(limit), token), session.Get(interval), stopWhenOver: false,
                    cancellationToken)
                : ListAsync(session, query, session.Get(limit), cancellationToken);
        });
        return command;
    }

    static async Task<int> ListAsync(Session session, JobQuery query, int limit, CancellationToken cancellationToken)
    {
        var jobs = await ReadAsync(session, query, limit + 1, cancellationToken);
        var more = jobs.Count > limit;
        JobCommands.Print(session, more ? [.. jobs.Take(limit)] : jobs, single: false);
        if (more)
            session.Say($"There are more than these {Names.Number(limit)}; --limit N shows more.");
        if (jobs.Count == 0)
            session.Say(query.State is null && query.Model is null
                ? "No jobs yet. Submit a file: batch job create <model> <file.csv>"
                : "No job matches. See them all: batch job list");
        return ExitCodes.Success;
    }

    static async Task<IReadOnlyList<JobStatus>> ReadAsync(Session session, JobQuery query, int limit, CancellationToken cancellationToken)
    {
        var jobs = new List<JobStatus>();
        string? next = null;
        do
        {
            var page = await session.Api.ListJobsAsync(query with { Cursor = next, Limit = Math.Min(limit - jobs.Count, PageSize) }, cancellationToken);
            jobs.AddRange(page.Jobs);
            next = page.Next;
        }
        while (next is not null && jobs.Count < limit);
        return jobs;
    }

    static JobState? ParseState(string? text)
    {
        if (text is null)
            return null;
        var at = Array.FindIndex(States, state => state.Equals(text.Replace('-', '_'), StringComparison.OrdinalIgnoreCase));
        return at >= 0 ? Enum.GetValues<JobState>()[at] : throw new UsageException($"'{text}' is not a state. Use one of {string.Join(", ", States)}.");
    }
}
