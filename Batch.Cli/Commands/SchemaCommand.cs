using System.CommandLine;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch schema FILE</c></summary>
internal static class SchemaCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<FileInfo>("file") { Description = "A CSV file" };
        var command = new Command("schema", "Suggest a JSON Schema for a CSV file") { file };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            await using var stream = session.Get(file).OpenRead();
            var schema = await UploadProgress.ShowAsync(
                session.Terminal, stream, stream.Length, body => session.Api.InferSchemaAsync(body, cancellationToken));
            Printing.Json(session.Terminal, schema, BatchJson.Default.JsonElement);
            return ExitCodes.Success;
        });
        return command;
    }
}
