using System.Text.Json;

namespace Batch.Csv.Schema;

/// <summary>Reads a schema, in whichever of three vocabularies it was written, into canonical form.</summary>
/// <remarks>
/// <code>
/// {"event_id":"String","timestamp":"UInt32","amount":"Nullable(Float64)"}              ClickHouse types
/// {"event_id":"STRING","timestamp":"TIMESTAMP","amount":{"type":"FLOAT","nullable":true}}  words of the reject table; "FLOAT?" too
/// {"type":"object","properties":{"amount":{"type":"number","minimum":0}},"required":[]}    JSON Schema
/// </code>
/// The first two may be mixed in one map. In them every column is required unless it says otherwise; in JSON Schema those in
/// <c>required</c> that may not be null. Two names mean something: a <c>UInt32</c>, and in JSON Schema an integer without a
/// format, is a TIMESTAMP where the column is called <c>timestamp</c>; and <c>event_id</c> is always required, because no row is
/// accepted without one. Whatever would silently not hold is refused.
/// </remarks>
public static class SchemaParser
{
    /// <summary>Most columns a model may have, and its table may come to have over all versions.</summary>
    /// <remarks>ClickHouse opens up to three files a column for every insert: 2,000 fit under its usual limit of open files, 5,000 do not.</remarks>
    public const int MaxColumns = 2_000;

    /// <summary>Longest name of a column, in bytes of UTF-8.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>The canonical form of the schema of a new model.</summary>
    /// <param name="schema">As submitted.</param>
    /// <param name="orderBy">The table's sort key; null or empty: <c>timestamp</c>, <c>event_id</c>,
    /// whichever are there and required, else <c>_row</c>.</param>
    /// <param name="extraColumns"><c>reject</c>, <c>ignore</c>, or null: what the schema's <c>additionalProperties</c> says, else reject.</param>
    /// <exception cref="SchemaException">INVALID_SCHEMA or UNSUPPORTED_TYPE; the message says where, what and how to fix it.</exception>
    public static ModelSchema Parse(JsonElement schema, IReadOnlyList<string>? orderBy, string? extraColumns)
    {
        var (columns, ignoreExtra) = Read(schema, extraColumns);
        return new()
        {
            Columns = columns,
            IgnoreExtraColumns = ignoreExtra,
            OrderBy = orderBy is { Count: > 0 } ? OrderByRules.Check(orderBy, columns) : OrderByRules.Default(columns),
        };
    }

    /// <summary>The canonical form of a schema that replaces <paramref name="current"/>: a sort key not given stays as it is.</summary>
    /// <remarks>Whether the change is possible is <see cref="SchemaEvolution"/>'s to say.</remarks>
    /// <exception cref="SchemaException">INVALID_SCHEMA or UNSUPPORTED_TYPE.</exception>
    public static ModelSchema ParseUpdate(JsonElement schema, IReadOnlyList<string>? orderBy, string? extraColumns, ModelSchema current)
    {
        var (columns, ignoreExtra) = Read(schema, extraColumns);
        return new()
        {
            Columns = columns,
            IgnoreExtraColumns = ignoreExtra,
            // Not checked against the columns: one that is dropped from the model stays in the table, and so in its sort key.
            OrderBy = orderBy is { Count: > 0 } && !orderBy.SequenceEqual(current.OrderBy) ? OrderByRules.Check(orderBy, columns) : current.OrderBy,
        };
    }

    static (List<Column> Columns, bool IgnoreExtra) Read(JsonElement schema, string? extraColumns)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            throw SchemaFaults.Invalid("$", $"a schema is an object, and this is {SchemaFaults.Describe(schema)}. Write a map of names to types, " +
                "{\"event_id\": \"String\", \"timestamp\": \"UInt32\"}, or a JSON Schema, {\"type\": \"object\", \"properties\": {…}, \"required\": […]}");
        bool? ignoreExtra = extraColumns switch
        {
            null => null,
            "ignore" => true,
            "reject" => false,
            _ => throw SchemaFaults.Invalid("extra_columns", $"{SchemaFaults.Quote(extraColumns)} is not known; write reject or ignore"),
        };

        var members = SchemaJson.Members(schema, "$");
        List<Column> columns;
        if (JsonSchemaVocabulary.Recognises(members))
        {
            (columns, var additional) = JsonSchemaVocabulary.Read(members);
            ignoreExtra ??= additional;
        }
        else
        {
            ColumnNames.CheckCount(members.Count, "$");
            columns = MapVocabulary.Read(members);
        }
        foreach (var column in columns)
            ColumnNames.Check(column.Name, SchemaFaults.Step("$", column.Name));
        ColumnNames.CheckTogether(columns);
        if (ColumnNames.ListFault(columns) is { } fault)
            throw SchemaFaults.Invalid("$", fault);
        return (columns.ConvertAll(c => c.Name == "event_id" ? c with { Optional = false } : c), ignoreExtra ?? false);
    }
}
