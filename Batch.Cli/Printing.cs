using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Batch.Client;

namespace Batch.Cli;

/// <summary>Prints wire records as scripts want them, under the API's own names.</summary>
internal static class Printing
{
    static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static void Json<T>(Terminal terminal, T value, JsonTypeInfo<T> type) => Write(terminal, value, type, Indented);

    public static void Lines<T>(Terminal terminal, IEnumerable<T> values, JsonTypeInfo<T> type)
    {
        foreach (var value in values)
            Write(terminal, value, type, default);
    }

    static void Write<T>(Terminal terminal, T value, JsonTypeInfo<T> type, JsonWriterOptions options)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, options))
            JsonSerializer.Serialize(writer, value, type);
        terminal.Out.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>Fields in quotes where they need them (RFC 4180).</summary>
    public static void Csv(Terminal terminal, IEnumerable<string[]> rows)
    {
        foreach (var row in rows)
            terminal.Out.WriteLine(string.Join(',', row.Select(Quote)));
    }

    static string Quote(string field) =>
        field.AsSpan().IndexOfAny("\",\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
