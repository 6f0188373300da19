using System.CommandLine;
using Batch.Cli.Output;
using Batch.Cli.Progress;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job reprocess JOB</c>, also as <c>batch reprocess JOB</c>.</summary>
internal static class ReprocessCommand
{
    public static Command Create(Terminal terminal)
    {
        var job = CommonOptions.Job(terminal);
        var file = new Option<string?>("--file",
            "-f")
        { Description = "Fixed rows, from 'batch job rejected JOB --output csv'; - reads standard input", HelpName = "FILE" };
        var set = new Option<string[]>("--set") { Description = "Set a column to this value in every reprocessed row", HelpName = "COLUMN=VALUE" };
        var only = new Option<string?>("--only")
        {
            Description = "Only rows with an error of this kind, for example NULL_VALUE",
            HelpName = "CODE",
            CompletionSources = { _ => CodeGuides.RowCodes.Select(code => new System.CommandLine.Completions.CompletionItem(code)) }
        };
        var column = new Option<string?>("--column") { Description = "Only rows with an error in this column", HelpName = "NAME" };
        var label =
            new Option<string?>("--label") { Description = "With a label used before, return the first job instead of creating another", HelpName = "TEXT" };
        var maxErrors = new Option<long?>("--max-errors") { Description = "Fail the job once more rows than this are rejected", HelpName = "N" };
        var ignoreExtra = new Option<bool>(
            "--ignore-extra-columns")
        { Description = "Skip columns that the model does not have; those that the job skipped are skipped anyway" };
        var again = new Option<bool>("--again") { Description = "Load rows again that are already repaired" };
        var wait = CommonOptions.Wait();
        var timeout = CommonOptions.Timeout();
        var quiet = CommonOptions.Quiet();
        var command = new Command("reprocess", "Reprocess a job's rejected rows against the current version of the model")
        {
            job, file, set, only, column, label, maxErrors, ignoreExtra, again, wait, timeout, quiet,
        };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var request = new ReprocessRequest
            {
                Set = Assignments(session.Get(set) ?? []),
                Code = session.Given(only)?.ToUpperInvariant(),
                Column = session.Given(column),
                Label = session.Given(label),
                MaxErrors = session.Get(maxErrors),
                IgnoreExtraColumns = session.Get(ignoreExtra) ? true : null,
                Again = session.Get(again),
            };
            if (session.Given(file) is not null && (request.Set.Count > 0 || request.Code is not null || request.Column is not null))
                throw new UsageException("--set, --only and --column are for the stored rows; the rows of a --file are fixed already. Give one or the other.");
            var created = session.Given(file) is { } path
                ? await UploadAsync(session, session.Get(job), request, path, cancellationToken)
                : await session.Api.ReprocessAsync(session.Get(job), request, cancellationToken);
            if (session.Get(quiet))
                session.Terminal.Out.WriteLine(created.JobId);
            else if (session.IsTable)
                session.Terminal.Out.WriteLine($"Reprocessing job {Names.Short(created.JobId)} created");
            else if (!session.Get(wait))
                JobCommands.Print(session, [created], single: true);
            if (created.AlreadyRepaired is > 0 and var repaired)
                session.Say($"{Names.Count(repaired, "row")} {(repaired == 1 ? "was" : "were")} skipped: already repaired. --again loads them once more.");
            return session.Get(wait)
                ? await JobWaitCommand.WaitAsync(session, [created.JobId], session.Get(timeout), single: true, cancellationToken, session.Get(quiet))
                : ExitCodes.Success;
        });
        return command;
    }

    static async Task<JobStatus> UploadAsync(Session session, string job, ReprocessRequest request, string path, CancellationToken cancellationToken)
    {
        await using var rows = await InputFile.OpenAsync(session.Terminal, path, cancellationToken);
        return await TransferProgress.ShowAsync(session.Terminal, rows, progress => session.Api.ReprocessFileAsync(
            job, request with { FileName = rows.Name, Gzip = rows.IsGzip, Progress = progress }, rows.Stream, cancellationToken));
    }

    static Dictionary<string, string> Assignments(string[] texts)
    {
        var assignments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new UsageException($"--set {text} is not COLUMN=VALUE, like --set amount=0 or --set country=CH.");
            if (!assignments.TryAdd(text[..equals], text[(equals + 1)..]))
                throw new UsageException($"--set gives '{text[..equals]}' two values; give it one.");
        }
        return assignments;
    }
}
