using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Batch.Cli.Tables;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch model list | describe | create | update | delete</c></summary>
internal static class ModelCommands
{
    static readonly Argument<string> ModelArgument = new("model") { Description = "An id, a unique prefix of one (4 or more digits), or a name" };
    static readonly Argument<FileInfo> SchemaArgument = new("schema") { Description = "A JSON file: ClickHouse types, or a JSON Schema" };

    public static Command Create(Terminal terminal) => new("model", "Register and look at models")
    {
        List(terminal), Describe(terminal), New(terminal), Update(terminal), Delete(terminal),
    };

    static Command List(Terminal terminal)
    {
        var command = new Command("list", "List the models");
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            Print(session, await session.Api.ListModelsAsync(cancellationToken));
            return ExitCodes.Success;
        });
        return command;
    }

    static void Print(Session session, IReadOnlyList<Model> models)
    {
        switch (session.Format)
        {
            case OutputFormat.Json: Printing.Json(session.Terminal, models, BatchJson.Default.IReadOnlyListModel); return;
            case OutputFormat.Ndjson: Printing.Lines(session.Terminal, models, BatchJson.Default.Model); return;
            case OutputFormat.Csv:
                Printing.Csv(session.Terminal, models.Select(Cells).Prepend(["model_id", "name", "version", "columns", "created_at"]));
                return;
        }
        var table = new TextTable().Column("MODEL", 32).Column("NAME", 20).Column("VERSION", right: true).Column("COLUMNS", right: true).Column("CREATED", 20);
        foreach (var model in models)
            table.Row(Cells(model));
        table.Write(session.Terminal.Out);
        if (models.Count == 0)
            session.Terminal.Error.WriteLine("No models yet. Make one: batch model create <name> <schema.json>");
    }

    static string[] Cells(Model model) =>
    [
        model.ModelId, model.Name, model.Version.ToString(CultureInfo.InvariantCulture),
        model.Columns.Count.ToString(CultureInfo.InvariantCulture), model.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
    ];

    static Command Describe(Terminal terminal)
    {
        var command = new Command("describe", "Show a model: its columns and what each accepts") { ModelArgument };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var model = await session.Api.GetModelAsync(session.Get(ModelArgument), cancellationToken);
            if (session.Format is OutputFormat.Json or OutputFormat.Ndjson)
                Printing.Json(session.Terminal, model, BatchJson.Default.Model);
            else
                Describe(model, session.Terminal.Out);
            return ExitCodes.Success;
        });
        return command;
    }

    static void Describe(Model model, TextWriter output)
    {
        output.WriteLine($"Model    {model.Name}");
        output.WriteLine($"Id       {model.ModelId}");
        output.WriteLine($"Version  {model.Version.ToString(CultureInfo.InvariantCulture)}");
        output.WriteLine($"Table    {model.Table}");
        output.WriteLine($"Created  {model.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC");
        output.WriteLine();
        var table = new TextTable().Column("COLUMN", 12).Column("TYPE", 9).Column("CLICKHOUSE", 16).Column("REQUIRED", 8).Column("ACCEPTS", 20);
        foreach (var column in model.Columns)
            table.Row(column.Name, column.Type, column.ClickhouseType, column.Required ? "yes" : "no", Accepts(column));
        table.Write(output);
    }

    static string Accepts(ModelColumn column)
    {
        var parts = new List<string>();
        if (column.AllowedValues is { Count: > 0 } values)
            parts.Add(string.Join(", ", values.Take(8)) + (values.Count > 8 ? $", … ({values.Count} values)" : ""));
        if (column.Minimum is { } minimum)
            parts.Add($">= {minimum.ToString("R", CultureInfo.InvariantCulture)}");
        if (column.Maximum is { } maximum)
            parts.Add($"<= {maximum.ToString("R", CultureInfo.InvariantCulture)}");
        if (column.Length is { } length)
            parts.Add($"{length} numbers");
        if (column.Iso8601)
            parts.Add("ISO 8601 too");
        return string.Join(", ", parts);
    }

    static Command New(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "What people call it" };
        var command = new Command("create", "Register a model from a name and a schema file") { name, SchemaArgument };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var request = new CreateModelRequest { Name = session.Get(name), Schema = await ReadSchemaAsync(session.Get(SchemaArgument), cancellationToken) };
            Report(session, await session.Api.CreateModelAsync(request, cancellationToken), "created");
            return ExitCodes.Success;
        });
        return command;
    }

    static Command Update(Terminal terminal)
    {
        var command = new Command("update", "Give a model a new version of its schema") { ModelArgument, SchemaArgument };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var request = new CreateModelRequest { Schema = await ReadSchemaAsync(session.Get(SchemaArgument), cancellationToken) };
            Report(session, await session.Api.UpdateModelAsync(session.Get(ModelArgument), request, cancellationToken), "updated");
            return ExitCodes.Success;
        });
        return command;
    }

    static Command Delete(Terminal terminal)
    {
        var dropData = new Option<bool>("--drop-data") { Description = "Also drop the table with its rows" };
        var command = new Command("delete", "Delete a model; its table is kept unless --drop-data is given") { ModelArgument, dropData };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            var model = await session.Api.GetModelAsync(session.Get(ModelArgument), cancellationToken);
            await session.Api.DeleteModelAsync(model.ModelId, session.Get(dropData), cancellationToken);
            Report(session, model, "deleted");
            return ExitCodes.Success;
        });
        return command;
    }

    static void Report(Session session, Model model, string done)
    {
        if (session.Format is OutputFormat.Json or OutputFormat.Ndjson)
            Printing.Json(session.Terminal, model, BatchJson.Default.Model);
        else
            session.Terminal.Out.WriteLine($"model {model.ModelId} {done}.");
    }

    static async Task<JsonElement> ReadSchemaAsync(FileInfo file, CancellationToken cancellationToken)
    {
        await using var stream = file.OpenRead();
        try
        {
            using var document = await JsonDocument.ParseAsync(stream, default, cancellationToken);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new UsageException(
                $"{file.Name} is not JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}). A schema looks like {{\"event_id\": \"String\", \"amount\": \"Float64\"}}.");
        }
    }
}
