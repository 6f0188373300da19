using System.CommandLine;
using Batch.Cli.Output;
using Batch.Cli.Progress;
using Batch.Client;

namespace Batch.Cli.Commands;

/// <summary><c>batch schema FILE</c></summary>
internal static class SchemaCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "A CSV file, plain or gzip; - reads standard input" };
        var command = new Command("schema", "Suggest a JSON Schema for a CSV file") { file };
        Session.Act(command, terminal, async (session, cancellationToken) =>
        {
            await using var input = await InputFile.OpenAsync(session.Terminal, session.Get(file), cancellationToken);
            var schema = await TransferProgress.ShowAsync(session.Terminal, input, progress => session.Api.InferSchemaAsync(
                input.Stream, new InferSchemaRequest { Gzip = input.IsGzip, Progress = progress }, cancellationToken));
            Printing.Json(session.Terminal, schema, BatchJson.Default.JsonElement);
            return ExitCodes.Success;
        });
        return command;
    }
}
