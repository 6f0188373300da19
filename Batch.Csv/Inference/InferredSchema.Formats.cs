using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Batch.Csv.Schema;

namespace Batch.Csv.Inference;

// Each format, read by SchemaParser, gives the same canonical schema; what a plain type name cannot say is said by an object.
public sealed partial record InferredSchema
{
    /// <summary>A JSON Schema that fits <c>POST /models</c> as it is.</summary>
    /// <param name="withEvidence">Say in each column's <c>$comment</c> what the file showed.</param>
    public JsonObject ToJsonSchema(bool withEvidence = false)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var (column, evidence, _) in Columns)
        {
            var property = Property(column);
            if (withEvidence)
                property["$comment"] = Explain(column, evidence);
            properties[column.Name] = property;
            if (!column.Optional)
                required.Add((JsonNode)column.Name);
        }
        return new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required, ["additionalProperties"] = IgnoreExtraColumns };
    }

    /// <summary>A map of names to ClickHouse types. It cannot say <see cref="IgnoreExtraColumns"/>: send <c>extra_columns</c> with it.</summary>
    public JsonObject ToClickHouse()
    {
        var map = new JsonObject();
        foreach (var (column, _, _) in Columns)
            map[column.Name] = MapEntry(column);
        return map;
    }

    /// <summary>CREATE TABLE with these columns, for those who load without Batch.</summary>
    public string ToDdl(string table)
    {
        var sql = new StringBuilder($"CREATE TABLE {Quoted(table)}\n(\n");
        sql.AppendJoin(",\n", Columns.Select(c => $"    {Quoted(c.Column.Name)} {c.Column.ClickHouseType}"));
        var key = OrderByRules.Default([.. Columns.Select(c => c.Column)]);
        var orderBy = key is ["_row"] ? "tuple()" : $"({string.Join(", ", key.Select(Quoted))})";
        return sql.Append("\n)\nENGINE = MergeTree\nORDER BY ").Append(orderBy).ToString();
    }

    static JsonObject Property(Column column)
    {
        var property = new JsonObject
        {
            ["type"] = column.Type switch
            {
                ColumnType.Integer => "integer",
                ColumnType.Float => "number",
                ColumnType.Boolean => "boolean",
                ColumnType.Vector => "array",
                ColumnType.Timestamp when !column.Iso8601 => "integer",
                _ => "string",
            },
        };
        switch (column.Type)
        {
            // Without a format, an integer called "timestamp" would be read as one.
            case ColumnType.Integer when column.StorageType != "Int64" || column.Name == "timestamp":
                property["format"] = column.StorageType.ToLowerInvariant();
                break;
            case ColumnType.Timestamp:
                property["format"] = column.Iso8601 ? "date-time" : "unix-time";
                break;
            case ColumnType.Float when column.AllowNonFinite:
                property["allow_non_finite"] = true;
                break;
            case ColumnType.Category when column.AllowedValues.Count == 0:
                property["format"] = "category";
                break;
            case ColumnType.Category:
                property["enum"] = new JsonArray([.. column.AllowedValues.Select(v => (JsonNode)v)]);
                break;
            case ColumnType.Vector:
                property["items"] = new JsonObject { ["type"] = "number" };
                if (column.Length is { } length)
                    (property["minItems"], property["maxItems"]) = (length, length);
                break;
        }
        return property;
    }

    static JsonNode MapEntry(Column column)
    {
        var type = column.AllowedValues.Count > 0
            ? $"Enum8({string.Join(", ", column.AllowedValues.Select((v, i) => string.Create(CultureInfo.InvariantCulture, $"'{Escaped(v, '\'')}' = {i + 1}")))})"
            : column.StorageType;
        if (column.Optional)
            type = $"Nullable({type})";
        // DateTime alone would take dates beside Unix seconds.
        var format = column.Iso8601 ? "date-time" : column.StorageType == "DateTime" && !column.DateTimeText ? "unix-time" : null;
        if (format is null && !column.AllowNonFinite && column.Length is null)
            return type;
        var entry = new JsonObject { ["type"] = type };
        if (format is not null)
            entry["format"] = format;
        if (column.AllowNonFinite)
            entry["allow_non_finite"] = true;
        if (column.Length is { } length)
            entry["length"] = length;
        return entry;
    }

    static string Explain(Column column, ColumnEvidence evidence)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{evidence.Values:N0} values");
        if (evidence.Blanks > 0)
            text.Append(CultureInfo.InvariantCulture, $", {evidence.Blanks:N0} blank (first in row {evidence.FirstBlankRow:N0})");
        text.Append(CultureInfo.InvariantCulture, $"; {(evidence.MoreDistinct ? "more than " : "")}{evidence.Distinct:N0} different");
        if (evidence.Minimum is not null)
            text.Append(CultureInfo.InvariantCulture, $"; {evidence.Minimum} to {evidence.Maximum}");
        if (evidence.Categories.Count > 0)
            text.Append($": {string.Join(", ", evidence.Categories.Select(SchemaFaults.Quote))}");
        if (evidence.RuledOut is [var decisive, ..] && column.Type is not (ColumnType.Boolean or ColumnType.Vector))
            text.Append(CultureInfo.InvariantCulture,
                $"; not {decisive.Type} because of row {decisive.Row:N0}: {SchemaFaults.Quote(decisive.Value)}, {decisive.Reason}");
        return text.ToString();
    }

    static string Quoted(string identifier) => $"`{Escaped(identifier, '`')}`";

    static string Escaped(string text, char quote) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(quote.ToString(), $@"\{quote}", StringComparison.Ordinal);
}
