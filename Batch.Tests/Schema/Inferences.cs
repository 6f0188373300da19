using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Batch.Csv.Inference;
using Batch.Csv.Schema;

namespace Batch.Tests.Schema;

/// <summary>Short forms for the tests of inference.</summary>
static class Inferences
{
    public static Task<InferredSchema> InferAsync(string csv, InferenceOptions? options = null) => InferAsync(Encoding.UTF8.GetBytes(csv), options);

    public static async Task<InferredSchema> InferAsync(byte[] csv, InferenceOptions? options = null)
    {
        using var stream = new MemoryStream(csv);
        return await SchemaInference.InferAsync(stream, options ?? new(), CancellationToken.None);
    }

    /// <summary>A file of one column "x" with these values.</summary>
    public static async Task<InferredColumn> ColumnAsync(string name, params string[] values) =>
        (await InferAsync($"id,{name}\n{string.Concat(values.Select((v, i) => $"{i},{v}\n"))}")).Columns[1];

    /// <summary>Through the parser, as <c>POST /models</c> would.</summary>
    public static ModelSchema Parse(JsonObject schema, string? extraColumns = null) =>
        SchemaParser.Parse(JsonSerializer.SerializeToElement(schema), null, extraColumns);

    /// <summary>"INTEGER?" is an optional INTEGER; a width other than the usual one is named, and so are fixed lengths.</summary>
    public static string Short(Column column)
    {
        var extra = (column.Type, column.StorageType) switch
        {
            (ColumnType.Integer, not "Int64") or (ColumnType.Timestamp, not "DateTime") => $" {column.StorageType}",
            (ColumnType.Timestamp, _) when column.Iso8601 => " ISO",
            (ColumnType.Vector, _) when column.Length is { } length => $" {length}",
            (ColumnType.Float, _) when column.AllowNonFinite => " NaN",
            (ColumnType.Category, _) when column.AllowedValues.Count > 0 => $" {string.Join('|', column.AllowedValues)}",
            _ => "",
        };
        return $"{column.TypeName}{(column.Optional ? "?" : "")}{extra}";
    }
}
