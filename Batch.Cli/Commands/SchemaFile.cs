using System.Text.Json;

namespace Batch.Cli.Commands;

/// <summary>A schema that somebody wrote into a file.</summary>
internal static class SchemaFile
{
    const int MaxBytes = 8 << 20;

    /// <param name="path">A file, or <c>-</c> for standard input.</param>
    /// <exception cref="UsageException">It is not JSON.</exception>
    public static async Task<JsonElement> ReadAsync(Terminal terminal, string path, CancellationToken cancellationToken)
    {
        var bytes = await InputFile.ReadAllAsync(terminal, path, MaxBytes, cancellationToken);
        var title = path == "-" ? "Standard input" : Path.GetFileName(path);
        try
        {
            ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
            using var document = JsonDocument.Parse(bytes.AsMemory(bytes.AsSpan().StartsWith(mark) ? mark.Length : 0));
            return document.RootElement.Clone();
        }
        catch (JsonException fault)
        {
            throw new UsageException($"{title} is not JSON (line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}). "
                + "A schema looks like {\"event_id\": \"String\", \"amount\": \"Float64\"}; 'batch schema data.csv' suggests one.");
        }
    }
}
