using System.Text.Json;

namespace Batch.Csv.Schema;

/// <summary>Reads a map of name to type: <c>{"event_id":"String","amount":"FLOAT?","vec":{"type":"VECTOR","length":3}}</c>.</summary>
/// <remarks>All columns are required unless they say otherwise: <c>Nullable(…)</c>, a <c>?</c> after the type, or <c>nullable: true</c>.</remarks>
internal static class MapVocabulary
{
    public static List<Column> Read(List<(string Name, JsonElement Value)> members)
    {
        var columns = new List<Column>(members.Count);
        foreach (var (name, value) in members)
        {
            var path = SchemaFaults.Step("$", name);
            columns.Add(value.ValueKind switch
            {
                JsonValueKind.String => MapTypes.Resolve(name, SchemaJson.Text(value, path), path),
                JsonValueKind.Object => Described(name, value, path),
                _ => throw SchemaFaults.Invalid(path,
                    $"is {SchemaFaults.Describe(value)}; write the column's type as a text, for example \"String\", or an object {{\"type\": \"FLOAT\", \"nullable\": true}}"),
            });
        }
        return columns;
    }

    static Column Described(string name, JsonElement definition, string path)
    {
        var keywords = Keywords.Read(definition, path, strict: true);
        if (keywords["type"] is not { } type)
            throw SchemaFaults.Invalid(path, $"has no 'type'. Accepted: {MapTypes.Accepted}");
        foreach (var foreign in (ReadOnlySpan<string>)["items", "anyOf", "oneOf"])
            if (keywords[foreign] is not null)
                throw SchemaFaults.Invalid(keywords.PathOf(foreign), "belongs to JSON Schema; put the columns under 'properties' and add \"type\": \"object\"");
        var column = MapTypes.Resolve(name, SchemaJson.Text(type, keywords.PathOf("type")), keywords.PathOf("type"));
        if (keywords["format"] is { } given)
        {
            var format = SchemaJson.Text(given, keywords.PathOf("format"));
            if (column.Type != ColumnType.Timestamp || format is not ("date-time" or "unix-time"))
                throw SchemaFaults.Invalid(keywords.PathOf("format"), "only a TIMESTAMP has one: 'date-time' (ISO 8601) or 'unix-time' (Unix seconds)");
            if (format == "unix-time" && column.StorageType.StartsWith("DateTime64", StringComparison.Ordinal))
                throw SchemaFaults.Invalid(keywords.PathOf("format"), $"Unix seconds go with DateTime; for a {column.StorageType} the unit would be a guess");
            column = column with { Iso8601 = format == "date-time", DateTimeText = false };
        }
        return keywords.Apply(column);
    }
}
