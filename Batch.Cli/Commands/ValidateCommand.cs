using System.CommandLine;
using Batch.Cli.Output;
using Batch.Cli.Progress;
using Batch.Cli.Validation;
using Batch.Client;
using Batch.Csv;
using Batch.Csv.Detection;
using Batch.Csv.Export;

namespace Batch.Cli.Commands;

/// <summary><c>batch validate MODEL FILE…</c>: what a job would say of a file, without one.</summary>
internal static class ValidateCommand
{
    const int TableLimit = 100;

    public static Command Create(Terminal terminal)
    {
        var model = CommonOptions.Model(terminal);
        model.Description = "A file with a schema, or a model of the service: an id, a unique prefix of one, or a name";
        var files = new Argument<string[]>("file") { Description = "CSV files, plain or gzip; - reads standard input", Arity = ArgumentArity.OneOrMore };
        var code = CommonOptions.Code();
        var column = new Option<string?>("--column") { Description = "Only errors of this column", HelpName = "NAME" };
        var limit = new Option<int?>("--limit", "-n") { Description = "How many errors per file (table: 100; other formats: all)", HelpName = "N" };
        var summary = new Option<bool>("--summary") { Description = "Only the number of errors by column and kind" };
        var ignoreExtra = new Option<bool>("--ignore-extra-columns") { Description = "Skip columns of the file that the model does not have" };
        var (shortRows, quotes) = (CommonOptions.ShortRows(), CommonOptions.Quotes());
        var command = new Command("validate", "Say which rows of a file would be rejected, and why, without uploading anything.\n\n"
            + "Runs locally, at the speed of the disk, with the same checks as loading; a schema in a file needs no service. "
            + "--output csv gives the bad rows as they were, after two columns with their numbers and errors.")
            {
                model, files, code, column, limit, summary, ignoreExtra, shortRows, quotes
            };
        var dialect = new DialectArguments().AddTo(command).AddDetectionTo(command);
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var paths = session.Get(files);
            Refuse(session, paths, session.Get(model), session.Get(limit), session.Get(summary));
            var filter = new RejectedFilter(session.Given(code)?.ToUpperInvariant(), session.Given(column));
            var schema = await LocalModel.FindAsync(session, session.Get(model), cancellationToken);
            schema = schema with { Rules = schema.Rules.With(session.Given(quotes), session.Given(shortRows)) };
            var told = new ToldDialect(dialect.Read(session), schema.Dialect, dialect.Detects(session));
            using var output = Output(session, filter, session.Get(limit), session.Get(summary));
            var check = new FileCheck(schema, told, session.Get(ignoreExtra), output);
            var kinds = new List<FileErrorKind>();
            var exitCode = ExitCodes.Success;
            foreach (var path in paths)
            {
                try
                {
                    var (title, report) = await CheckAsync(session, check, path, cancellationToken);
                    exitCode = JobCommands.Worst([exitCode, report.ExitCode]);
                    var found = report.Kinds.Where(kind => filter.Matches(kind.Error, kind.Column)).ToList();
                    kinds.AddRange(found.Select(kind => new FileErrorKind(kind.Column, kind.Type, kind.Error, kind.Count, kind.Sample, title)));
                    Report(session, title, report, found, output as TableErrors, session.Get(summary));
                }
                catch (Exception fault) when (paths.Length > 1 && IsOfOneFile(fault))
                {
                    var (sentence, faultCode) = Faults.Of(fault, session.Terminal, cancellationToken);
                    session.Say($"{path}: {sentence}");
                    exitCode = JobCommands.Worst([exitCode, faultCode]);
                }
            }
            if (session.Get(summary) && !session.IsTable)
                session.Many(OutputSchemas.FileErrors, kinds, _ => { });
            return exitCode;
        });
        return command;
    }

    static void Refuse(Session session, string[] paths, string model, int? limit, bool summary)
    {
        if (limit is < 1)
            throw new UsageException("--limit must be 1 or more.");
        if (paths.Append(model).Count(path => path == "-") > 1)
            throw new UsageException("Standard input can be read once; give - once.");
        if (session.Format != OutputFormat.Csv || summary)
            return;
        if (paths.Length > 1)
            throw new UsageException("A CSV file has one header line, so --output csv is for one file; give one, or use --output ndjson.");
        if (limit is not null)
            throw new UsageException("--limit counts errors, and a CSV file has whole rows; leave it out, or use --code and --column.");
    }

    static ErrorOutput Output(Session session, RejectedFilter filter, int? limit, bool summary) => session.Format switch
    {
        _ when summary || session.IsTable => new TableErrors(filter, summary ? 0 : limit ?? TableLimit),
        OutputFormat.Csv => new CsvErrors(session.Terminal, filter),
        var format => new JsonErrors(session.Terminal, filter, limit ?? long.MaxValue, isArray: format == OutputFormat.Json),
    };

    static async Task<(string Title, FileReport Report)> CheckAsync(Session session, FileCheck check, string path, CancellationToken cancellationToken)
    {
        await using var input = await InputFile.OpenAsync(session.Terminal, path, cancellationToken);
        // Rows that are printed while they are found, and a line that is drawn again and again, do not go together on one screen.
        var terminal = session.IsTable || session.Terminal.Width == 0 ? session.Terminal : session.Terminal with { Animate = false };
        return (input.Title, await TransferProgress.ShowAsync(terminal, input, async progress =>
        {
            await using var csv = input.Decompressed(progress);
            return await check.RunAsync(csv, input.Title, cancellationToken);
        }));
    }

    static void Report(Session session, string title, FileReport report, List<RejectedSummary> kinds, TableErrors? table, bool summary)
    {
        var terminal = session.Terminal;
        session.Say($"{title}: {Sentence(report)}");
        if (ExportColumns.Lead(report.Header))
            session.Say("This is an export of rejected rows: its first two columns are skipped, and so is anything beyond the last one.");
        if (report.Columns.Cause is { } cause)
            session.Say(cause);
        JobCommands.SayIgnored(session, report.Columns.Ignored, report.Columns.Warnings);
        if (!session.IsTable)
            return;
        if (kinds.Count == 0)
        {
            if (report.Bad > 0)
                session.Say("None of them for this reason. See all reasons with --summary.");
            return;
        }
        if (summary)
        {
            RejectedTable.WriteSummary(kinds, terminal.Out, terminal.Width, terminal.Colour);
            return;
        }
        session.Say($"{Names.Count(kinds.Sum(kind => kind.Count), "error")} of {Names.Count(kinds.Count, "kind")}:");
        RejectedTable.WriteSummary(kinds, terminal.Error, terminal.ErrorWidth, terminal.Colour && terminal.Animate);
        session.Say("");
        RejectedTable.Write(table!.Rows, terminal.Out, terminal.Width, terminal.Colour);
        if (table.More)
            session.Say($"There are more errors than these {Names.Number(table.Rows.Count)}; --limit N shows more, --output csv gives a file to fix.");
    }

    static string Sentence(FileReport report) => report switch
    {
        { HeaderFits: false } => $"the header line does not fit, so none of the {Names.Count(report.Rows, "row")} can be loaded.",
        { Rows: 0 } => "no rows; the header line fits.",
        { Bad: 0, Rows: 1 } => "the row is good.",
        { Bad: 0 } => $"all {Names.Number(report.Rows)} rows are good.",
        { Good: 0, Rows: 1 } => "the row is bad.",
        { Good: 0 } => $"all {Names.Number(report.Rows)} rows are bad.",
        _ =>
            $"{Names.Number(report.Good)} of {Names.Number(report.Rows)} rows {(report.Good == 1 ? "is" : "are")} good, {Names.Number(report.Bad)} {(report.Bad == 1 ? "is" : "are")} bad.",
    };

    static bool IsOfOneFile(Exception fault) =>
        fault is CsvFileException or NothingFoundException or UsageException or IOException or UnauthorizedAccessException;
}
