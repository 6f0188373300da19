using System.CommandLine;
using Batch.Cli.Tables;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch job create MODEL FILE</c></summary>
internal static class JobCreateCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = "An id, a unique prefix of one (4 or more digits), or a name" };
        var file = new Argument<string>("file") { Description = "A CSV file; .gz is sent as it is; - reads standard input" };
        var wait = new Option<bool>("--wait") { Description = "Wait until the job is over; the exit code says how it ended" };
        var label = new Option<string?>("--label") { Description = "The same label again gives the first job instead of a second", HelpName = "TEXT" };
        var delimiter = new Option<string?>("--delimiter") { Description = "What parts the fields: , ; | or tab", HelpName = "CHAR" };
        var ignoreExtra = new Option<bool>("--ignore-extra-columns") { Description = "Skip columns of the file that the model does not have" };
        var maxErrors = new Option<long?>("--max-errors") { Description = "Fail the job once more rows than this were rejected", HelpName = "N" };
        var command = new Command("create", "Submit a file") { model, file, wait, label, delimiter, ignoreExtra, maxErrors };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var path = session.Get(file);
            var fromStdin = path == "-";
            await using var stream = fromStdin ? Console.OpenStandardInput() : File.OpenRead(path);
            var request = new CreateJobRequest
            {
                ModelId = session.Get(model),
                FileName = fromStdin ? null : Path.GetFileName(path),
                Label = session.Get(label),
                Delimiter = Delimiter(session.Get(delimiter)),
                IgnoreExtraColumns = session.Get(ignoreExtra) ? true : null,
                MaxErrors = session.Get(maxErrors),
                Gzip = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase),
            };
            var job = await UploadProgress.ShowAsync(
                session.Terminal, stream, fromStdin ? null : stream.Length, body => session.Api.CreateJobAsync(request, body, cancellationToken));
            if (session.Format == OutputFormat.Table)
                await session.Terminal.Out.WriteLineAsync($"job {JobTable.ShortId(job.JobId)} created.");
            else if (!session.Get(wait))
                JobCommands.Print(session, [job]);
            return session.Get(wait) ? await JobCommands.WaitAsync(session, job.JobId, cancellationToken) : ExitCodes.Success;
        });
        return command;
    }

    static char? Delimiter(string? text) => text switch
    {
        null => null,
        "tab" or "\\t" or "\t" => '\t',
        "," or ";" or "|" => text[0],
        _ => throw new UsageException($"'{text}' cannot part fields. Use , ; | or tab."),
    };
}
