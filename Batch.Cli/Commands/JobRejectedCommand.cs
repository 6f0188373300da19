using System.CommandLine;
using Batch.Cli.Output;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job rejected JOB</c></summary>
internal static class JobRejectedCommand
{
    const int PageSize = 10_000;
    const int TableLimit = 100;

    public static Command Create(Terminal terminal)
    {
        var job = CommonOptions.Job(terminal);
        var code = CommonOptions.Code();
        var column = new Option<string?>("--column") { Description = "Only errors of this column", HelpName = "NAME" };
        var limit = new Option<int?>("--limit", "-n") { Description = "How many errors (table: 100; other formats: all)", HelpName = "N" };
        var summary = new Option<bool>("--summary") { Description = "Only the number of errors by column and kind" };
        var command = new Command("rejected", "Show the rows that were rejected, and why.\n\n"
            + "--output csv gives the rejected rows as they were, after two columns with their numbers and errors: fix them and send "
            + "the file back with 'batch job reprocess JOB --file FILE'.") { job, code, column, limit, summary };
        Session.Bind(command, terminal, (session, cancellationToken) =>
        {
            if (session.Get(limit) is < 1)
                throw new UsageException("--limit must be 1 or more.");
            var query = new RejectedQuery { Code = session.Given(code)?.ToUpperInvariant(), Column = session.Given(column) };
            return session.Get(summary) ? SummaryAsync(session, session.Get(job), query, cancellationToken)
                : session.Format == OutputFormat.Csv ? ExportAsync(session, session.Get(job), query, session.Get(limit), cancellationToken)
                : ListAsync(session, session.Get(job), query, session.Get(limit), cancellationToken);
        });
        return command;
    }

    static async Task<int> SummaryAsync(Session session, string job, RejectedQuery query, CancellationToken cancellationToken)
    {
        var kinds = await ReadSummaryAsync(session, job, query, cancellationToken);
        session.Many(OutputSchemas.Summary, kinds, output => RejectedTable.WriteSummary(kinds, output, session.Terminal.Width, session.Terminal.Colour));
        if (kinds.Count == 0)
            session.Say(Nothing(query));
        return ExitCodes.Success;
    }

    static async Task<int> ExportAsync(Session session, string job, RejectedQuery query, int? limit, CancellationToken cancellationToken)
    {
        if (limit is not null)
            throw new UsageException("--limit counts errors, and a CSV file has whole rows; leave it out, or use --code and --column.");
        await using var file = await session.Api.ExportRejectedAsync(job, "csv", query, cancellationToken);
        await session.PrintAsync(file, cancellationToken);
        return ExitCodes.Success;
    }

    static async Task<int> ListAsync(Session session, string job, RejectedQuery query, int? limit, CancellationToken cancellationToken)
    {
        var most = limit ?? (session.IsTable ? TableLimit : int.MaxValue);
        // Before the rows, and on the stream of words: the rows alone are the data.
        if (session.IsTable)
            await OverviewAsync(session, job, query, cancellationToken);
        var rows = new List<RejectedRow>();
        string? next = null;
        var count = 0L;
        do
        {
            var page = await session.Api.GetRejectedAsync(
                job, query with { Cursor = next, Limit = (int)Math.Clamp(most - count, 1, PageSize) }, cancellationToken);
            count += page.Rows.Count;
            next = page.Next;
            if (session.Format == OutputFormat.Ndjson)
                Printing.Lines(session.Terminal, OutputSchemas.Rejected, page.Rows);
            else
                rows.AddRange(page.Rows);
        }
        while (next is not null && count < most);

        if (session.Format == OutputFormat.Json)
            session.Many(OutputSchemas.Rejected, rows, _ => { });
        else if (session.IsTable && rows.Count > 0)
            RejectedTable.Write(rows, session.Terminal.Out, session.Terminal.Width, session.Terminal.Colour);
        if (count == 0)
            session.Say(Nothing(query));
        else if (next is not null)
            session.Say($"There are more errors than these {Names.Number(count)}; --limit N shows more, --output csv gives a file to fix and send back.");
        return ExitCodes.Success;
    }

    static async Task OverviewAsync(Session session, string job, RejectedQuery query, CancellationToken cancellationToken)
    {
        var kinds = await ReadSummaryAsync(session, job, query, cancellationToken);
        if (kinds.Count == 0)
            return;
        session.Say($"{Names.Count(kinds.Sum(kind => kind.Count), "error")} of {Names.Count(kinds.Count, "kind")}:");
        RejectedTable.WriteSummary(kinds, session.Terminal.Error, session.Terminal.ErrorWidth, session.Terminal.Colour && session.Terminal.Animate);
        session.Say("");
    }

    static async Task<IReadOnlyList<RejectedSummary>> ReadSummaryAsync(
        Session session, string job, RejectedQuery query, CancellationToken cancellationToken) =>
        [.. (await session.Api.GetRejectedSummaryAsync(job, cancellationToken))
            .Where(kind => (query.Code is null || kind.Error == query.Code) && (query.Column is null || kind.Column == query.Column))];

    static string Nothing(RejectedQuery query) => query.Code is null && query.Column is null
        ? "No row was rejected."
        : "No row was rejected for this reason. See all reasons with --summary.";
}
