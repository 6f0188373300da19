using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CsvHelper;

namespace Batch.Cli.Output;

/// <summary>Prints things in the format asked for. JSON of a list is an array, NDJSON a line each, CSV a header line and a line each.</summary>
internal static class Printing
{
    // Letters of any language and apostrophes stay what they are: it is read by people and by JSON parsers, not by browsers.
    static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    /// <param name="table">Prints it for people.</param>
    public static void One<T>(Terminal terminal, OutputFormat format, Shape<T> shape, T value, Action<TextWriter> table)
    {
        switch (format)
        {
            case OutputFormat.Json: Json(terminal, value, shape.Json); break;
            case OutputFormat.Ndjson: Write(terminal, value, shape.Json, Compact); break;
            case OutputFormat.Csv: Csv(terminal, shape, [value]); break;
            default: table(terminal.Out); break;
        }
    }

    public static void Many<T>(Terminal terminal, OutputFormat format, Shape<T> shape, IReadOnlyList<T> values, Action<TextWriter> table)
    {
        switch (format)
        {
            case OutputFormat.Json: JsonArray(terminal, shape, values); break;
            case OutputFormat.Ndjson: Lines(terminal, shape, values); break;
            case OutputFormat.Csv: Csv(terminal, shape, values); break;
            default: table(terminal.Out); break;
        }
    }

    public static void Json<T>(Terminal terminal, T value, JsonTypeInfo<T> type) => Write(terminal, value, type, Indented);

    public static void Lines<T>(Terminal terminal, Shape<T> shape, IEnumerable<T> values)
    {
        foreach (var value in values)
            Write(terminal, value, shape.Json, Compact);
    }

    static void JsonArray<T>(Terminal terminal, Shape<T> shape, IReadOnlyList<T> values)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
        {
            writer.WriteStartArray();
            foreach (var value in values)
                JsonSerializer.Serialize(writer, value, shape.Json);
            writer.WriteEndArray();
        }
        terminal.Out.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    static void Write<T>(Terminal terminal, T value, JsonTypeInfo<T> type, JsonWriterOptions options)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, options))
            JsonSerializer.Serialize(writer, value, type);
        terminal.Out.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    static void Csv<T>(Terminal terminal, Shape<T> shape, IEnumerable<T> values)
    {
        using var csv = CsvWriter.Create(terminal.Out, new CsvWriterOptions { NewLine = terminal.Out.NewLine, BufferSize = 4096 }, leaveOpen: true);
        csv.WriteRecord(shape.Columns);
        foreach (var value in values)
            csv.WriteRecord(shape.Cells(value));
    }
}
