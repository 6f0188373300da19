using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Batch.Cli.Output;
using Batch.Client;
using Batch.Csv.Inference;

namespace Batch.Cli.Commands;

/// <summary><c>batch model list | describe | create | update | delete</c></summary>
internal static class ModelCommands
{
    static Argument<string> SchemaArgument() => new("schema") { Description = "A JSON file: ClickHouse types or a JSON Schema; - reads standard input" };

    static Option<string?> OrderBy() => new("--order-by") { Description = "Columns that the table is sorted by, separated by commas", HelpName = "COLUMNS" };

    static Option<bool> IgnoreExtra() => new("--ignore-extra-columns") { Description = "Files may have columns that are not in the schema; they are skipped" };

    public static Command Create(Terminal terminal) => new("model", "Register and show models: what the rows of a file must look like")
    {
        List(terminal), Describe(terminal), New(terminal), Update(terminal), ModelDeleteCommand.Create(terminal),
    };

    static Command List(Terminal terminal)
    {
        var command = new Command("list", "List the models");
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var models = await session.Api.ListModelsAsync(cancellationToken);
            session.Many(OutputSchemas.Model, models, output => WriteAll(models, output, session.Terminal.Width));
            if (models.Count == 0)
                session.Say("No models yet. Create one: batch model create <name> <schema.json>; 'batch schema data.csv' suggests a schema.");
            return ExitCodes.Success;
        });
        return command;
    }

    static void WriteAll(IReadOnlyList<Model> models, TextWriter output, int width)
    {
        var table = new TextTable(width).Column("MODEL", 32).Column("NAME", 20, cutTo: 12)
            .Column("VERSION", right: true).Column("COLUMNS", right: true).Column("CREATED", 19, optional: true);
        foreach (var model in models)
            table.Row(model.ModelId, model.Name, Number(model.Version), Number(model.Columns.Count), Names.Time(model.CreatedAt));
        table.Write(output);
    }

    static Command Describe(Terminal terminal)
    {
        var name = CommonOptions.Model(terminal);
        var command = new Command("describe", "Show a model: its columns and what each accepts") { name };
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var model = await session.Api.GetModelAsync(session.Get(name), cancellationToken);
            if (session.Format == OutputFormat.Csv)
                session.Many(OutputSchemas.Column, model.Columns, _ => { });
            else
                session.One(OutputSchemas.Model, model, output => Write(model, output, session.Terminal.Width));
            return ExitCodes.Success;
        });
        return command;
    }

    static void Write(Model model, TextWriter output, int width)
    {
        output.WriteLine($"Model    {TextWidth.Safe(model.Name)}");
        output.WriteLine($"Id       {model.ModelId}");
        output.WriteLine($"Version  {Number(model.Version)}");
        output.WriteLine($"Table    {model.Table}");
        output.WriteLine($"Created  {Names.Time(model.CreatedAt)} UTC");
        if (model.Version > 1)
            output.WriteLine($"Updated  {Names.Time(model.UpdatedAt)} UTC");
        if (model.Dialect is { } dialect)
            output.WriteLine($"Dialect  {DialectArguments.FromWire(dialect)}");
        output.WriteLine();
        var table = new TextTable(width).Column("COLUMN", 12, cutTo: 8).Column("TYPE", 9).Column("CLICKHOUSE", 16, cutTo: 10)
            .Column("REQUIRED", 8).Column("ACCEPTS", wrap: true);
        foreach (var column in model.Columns)
            table.Row(column.Name, column.Type, column.ClickhouseType, column.Required ? "yes" : "no", Accepts(column));
        table.Write(output);
    }

    static string Accepts(ModelColumn column)
    {
        const int shown = 8;
        var parts = new List<string>();
        if (column.AllowedValues is { Count: > 0 } values)
            parts.Add(string.Join(", ", values.Take(shown)) + (values.Count > shown ? $" and {values.Count - shown} more" : ""));
        if (column.Minimum is { } minimum)
            parts.Add($"from {minimum.ToString("R", CultureInfo.InvariantCulture)}");
        if (column.Maximum is { } maximum)
            parts.Add($"to {maximum.ToString("R", CultureInfo.InvariantCulture)}");
        if (column.Length is { } length)
            parts.Add($"exactly {length} numbers");
        if (column.DateFormat is { } format)
            parts.Add(format);
        if (column.Iso8601)
            parts.Add("ISO 8601");
        return string.Join(", ", parts);
    }

    static Command New(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "Name of the model" };
        var schema = new Argument<string?>("schema")
        {
            Description = "A JSON file: ClickHouse types or a JSON Schema; - reads standard input", Arity = ArgumentArity.ZeroOrOne,
        };
        var (orderBy, ignoreExtra, shortRows, quotes, quiet) =
            (OrderBy(), IgnoreExtra(), CommonOptions.ShortRows(), CommonOptions.Quotes(), CommonOptions.Quiet());
        var from = new Option<string?>("--from") { Description = "Instead of a schema: a CSV file to infer it from, like 'batch schema'", HelpName = "FILE" };
        var strict = CommonOptions.Strict();
        var command = new Command("create", "Register a model from a name and a schema file")
        {
            name, schema, from, strict, orderBy, ignoreExtra, shortRows, quotes, quiet,
        };
        var arguments = new DialectArguments().AddTo(command);
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            if (session.Get(schema) is null == session.Given(from) is null)
                throw new UsageException("Give a schema file, or --from and a CSV file to infer the schema from; one of the two.");
            if (session.Given(from) is null && (session.Get(strict) || arguments.Header(session) == "present"))
                throw new UsageException("--strict and --header present are for inferring the schema from a file; give --from, or leave them out.");
            var dialect = arguments.Read(session);
            var json = session.Given(from) is { } csv
                ? await InferAsync(session, csv, new InferenceOptions
                {
                    ClosedCategories = session.Get(strict), TrustHeader = arguments.Header(session) is not null,
                    IgnoreUnusableColumns = session.Get(ignoreExtra),
                    Dialect = dialect,
                }, cancellationToken)
                : await SchemaFile.ReadAsync(session.Terminal, session.Get(schema)!, cancellationToken);
            var request = Request(json, session.Given(orderBy), session.Get(ignoreExtra), session.Given(shortRows), session.Given(quotes));
            request = request with { Name = session.Get(name), Dialect = DialectArguments.ToWire(dialect) };
            Report(session, await session.Api.CreateModelAsync(request, cancellationToken), "created", session.Get(quiet));
            return ExitCodes.Success;
        });
        return command;
    }

    static Command Update(Terminal terminal)
    {
        var (name, schema, orderBy, ignoreExtra) = (CommonOptions.Model(terminal), SchemaArgument(), OrderBy(), IgnoreExtra());
        var (shortRows, quotes) = (CommonOptions.ShortRows(), CommonOptions.Quotes());
        var rename = new Option<string?>("--name") { Description = "Also rename it", HelpName = "NAME" };
        var command = new Command("update", "Create a new version of a model; running jobs keep the version they started with")
        {
            name, schema, orderBy, ignoreExtra, shortRows, quotes, rename,
        };
        var arguments = new DialectArguments().AddTo(command);
        Session.Bind(command, terminal, async (session, cancellationToken) =>
        {
            var request = Request(
                await SchemaFile.ReadAsync(session.Terminal, session.Get(schema), cancellationToken), session.Given(orderBy), session.Get(ignoreExtra),
                session.Given(shortRows), session.Given(quotes));
            request = request with { Name = session.Given(rename), Dialect = DialectArguments.ToWire(arguments.Read(session)) };
            var model = await session.Api.UpdateModelAsync(session.Get(name), request, cancellationToken);
            Report(session, model, $"updated to version {Number(model.Version)}", quiet: false);
            return ExitCodes.Success;
        });
        return command;
    }

    public static void Report(Session session, Model model, string done, bool quiet)
    {
        if (quiet)
            session.Terminal.Out.WriteLine(model.ModelId);
        else
            session.One(OutputSchemas.Model, model, output => output.WriteLine($"model {model.ModelId} {done}."));
    }

    static async Task<JsonElement> InferAsync(Session session, string path, InferenceOptions options, CancellationToken cancellationToken)
    {
        var inferred = await LocalInference.InferAsync(session, path, options, cancellationToken);
        foreach (var note in inferred.Notes)
            session.Say(note);
        return JsonElement.Parse(inferred.ToJsonSchema().ToJsonString());
    }

    static CreateModelRequest Request(JsonElement schema, string? orderBy, bool ignoreExtra, string? shortRows, string? quotes) => new()
    {
        Schema = schema,
        OrderBy = orderBy?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        ExtraColumns = ignoreExtra ? "ignore" : null,
        ShortRows = shortRows,
        Quotes = quotes,
    };

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
