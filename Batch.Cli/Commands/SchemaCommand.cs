using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Batch.Cli.Output;
using Batch.Csv.Inference;

namespace Batch.Cli.Commands;

/// <summary><c>batch schema FILE</c>: what a file shows about its columns, and the schema that follows from it.</summary>
/// <remarks>The schema alone goes to stdout, whatever that is, so that it can be piped; what it rests on goes beside it, to stderr.</remarks>
internal static class SchemaCommand
{
    const string JsonSchema = "json-schema", ClickHouse = "clickhouse", Ddl = "ddl";

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "A CSV file, plain or gzip; - reads standard input" };
        var format = new Option<string?>(
            "--format")
        { Description = "json-schema (the default), clickhouse (names and types) or ddl (CREATE TABLE)", HelpName = "FORMAT" };
        format.AcceptOnlyFromAmong(JsonSchema, ClickHouse, Ddl);
        var sample = new Option<string?>("--sample") { Description = "Read only the beginning: a number of rows (10000) or a size (64MB)", HelpName = "SIZE" };
        var table = new Option<string?>("--table") { Description = "With --format ddl: the name of the table (data)", HelpName = "NAME" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Only the schema, without the evidence" };
        var strict = CommonOptions.Strict();
        var ignoreExtra =
            new Option<bool>("--ignore-extra-columns") { Description = "Omit columns that are invalid in a model: without a name, or with a duplicate one" };
        var command = new Command("schema", "Infer a schema from a CSV file: the narrowest that fits its rows and changes no value.\n\n"
            + "One row in a hundred may not fit; such rows are named. Runs locally, without a service. The schema goes to stdout, for 'batch model create'; the evidence goes to stderr. "
            + "With --output json, ndjson or csv the evidence is the data instead.")
            {
                file, format, sample, strict, ignoreExtra, table, quiet
            };
        var dialect = new DialectArguments().AddTo(command);
        dialect.Delimiter.Description = "The separator: , ; | tab, or any other character or several; the first four are detected by default";
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            if (!session.IsTable && session.Given(format) is not null)
                throw new UsageException("--format prints the schema, --output the evidence; give one of the two.");
            if (session.Given(table) is not null && session.Given(format) != Ddl)
                throw new UsageException("--table names the table of --format ddl; give both, or neither.");
            var inferred = await LocalInference.InferAsync(session, session.Get(file), LocalInference.WithSample(new InferenceOptions
            {
                Dialect = dialect.Read(session),
                ClosedCategories = session.Get(strict),
                TrustHeader = dialect.Header(session) is not null,
                IgnoreUnusableColumns = session.Get(ignoreExtra),
            }, session.Given(sample)), cancellationToken);
            if (!session.IsTable)
            {
                session.Many(OutputSchemas.Inferred, [.. inferred.Columns.Select(InferredRow.Of)], _ => { });
                return ExitCodes.Success;
            }
            if (!session.Get(quiet))
                Explain(session, inferred);
            session.Terminal.Out.WriteLine(session.Given(format) switch
            {
                Ddl => inferred.ToDdl(session.Given(table) ?? "data") + ";",
                ClickHouse => Text(inferred.ToClickHouse()),
                _ => Text(inferred.ToJsonSchema()),
            });
            if (inferred.IgnoreExtraColumns && session.Given(format) == ClickHouse)
                session.Say("This format cannot express that other columns are skipped: add --ignore-extra-columns to 'batch model create'.");
            return ExitCodes.Success;
        });
        return command;
    }

    static void Explain(Session session, InferredSchema inferred)
    {
        EvidenceTable.Write(inferred.Columns, session.Terminal.Error, session.Terminal.ErrorWidth);
        session.Say("");
        session.Say(EvidenceTable.Sentence(inferred));
        foreach (var note in inferred.Notes)
            session.Say(note);
        session.Say("");
    }

    static string Text(JsonObject schema) => schema.ToJsonString(Indented);
}
