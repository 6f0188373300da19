using System.CommandLine;
using Batch.Cli.Tables;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job rejected JOB</c></summary>
internal static class JobRejectedCommand
{
    const int PageSize = 1_000;

    public static Command Create(Terminal terminal)
    {
        var code = new Option<string?>("--code") { Description = "Only errors of this kind, for example NOT_A_FLOAT", HelpName = "CODE" };
        var column = new Option<string?>("--column") { Description = "Only errors of this column", HelpName = "NAME" };
        var limit = new Option<int>("--limit") { Description = "How many errors", DefaultValueFactory = _ => 100, HelpName = "N" };
        var command = new Command("rejected", "Show the rows that were rejected, and why") { JobCommands.JobArgument, code, column, limit };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var job = session.Get(JobCommands.JobArgument);
            if (session.Format == OutputFormat.Csv)
            {
                await using var file = await session.Api.ExportRejectedAsync(job, "csv", cancellationToken);
                using var reader = new StreamReader(file);
                var buffer = new char[16 * 1024];
                for (int read; (read = await reader.ReadAsync(buffer, cancellationToken)) > 0;)
                    await session.Terminal.Out.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                return ExitCodes.Success;
            }

            var most = session.Get(limit);
            var rows = new List<RejectedRow>();
            var page = new RejectedPage("", 0, [], null);
            do
            {
                page = await session.Api.GetRejectedAsync(job, new RejectedQuery
                {
                    Code = session.Get(code), Column = session.Get(column), Cursor = page.Next, Limit = Math.Clamp(most - rows.Count, 1, PageSize),
                }, cancellationToken);
                rows.AddRange(page.Rows);
            }
            while (page.Next is not null && rows.Count < most);

            switch (session.Format)
            {
                case OutputFormat.Json: Printing.Json(session.Terminal, page with { Rows = rows }, BatchJson.Default.RejectedPage); break;
                case OutputFormat.Ndjson: Printing.Lines(session.Terminal, rows, BatchJson.Default.RejectedRow); break;
                default: RejectedTable.Write(rows, session.Terminal.Out); break;
            }
            if (page.Next is not null)
                await session.Terminal.Error.WriteLineAsync($"There are more errors; --limit N shows more than {most:N0}, --output csv gives a file to fix and send back.");
            return ExitCodes.Success;
        });
        return command;
    }
}
