using System.Text.Json;
using Batch.Csv.Times;

namespace Batch.Csv.Schema;

/// <summary>The members of one column's JSON object, and the rules they put on the column.</summary>
/// <remarks>
/// JSON Schema and the maps' object form, <c>{"type":"FLOAT","nullable":true}</c>, share them. A rule that could not be enforced
/// (<c>pattern</c>, <c>maxLength</c>, …) is refused: a schema that promises what nobody checks is worse than none.
/// To add a rule: name it in <see cref="Rules"/>, read it in <see cref="Read"/>, put it on the column in <see cref="Apply"/>.
/// </remarks>
internal sealed class Keywords
{
    static readonly string[] Rules =
    [
        "type", "format", "nullable", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "date_format", "items", "minItems", "maxItems", "minLength", "length", "allow_non_finite", "anyOf", "oneOf",
    ];

    static readonly string[] Annotations =
    [
        "title", "description", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment", "comment", "$id", "$anchor",
    ];

    static readonly string[] NotEnforced =
    [
        "default", "contentEncoding", "contentMediaType", "contentSchema", "pattern", "maxLength", "multipleOf", "uniqueItems", "contains",
        "minContains", "maxContains", "prefixItems", "additionalItems", "unevaluatedItems",
        "$ref", "$dynamicRef", "allOf", "not", "if", "then", "else", "properties", "required", "patternProperties", "propertyNames",
        "additionalProperties", "unevaluatedProperties", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "dependencies",
    ];

    readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    readonly string _path;

    Keywords(string path) => _path = path;

    public JsonElement? this[string name] => _members.TryGetValue(name, out var value) ? value : null;

    public string PathOf(string name) => SchemaFaults.Step(_path, name);

    /// <param name="strict">Refuse members that are not known at all; JSON Schema allows them, the maps' object form does not.</param>
    public static Keywords Read(JsonElement definition, string path, bool strict)
    {
        var keywords = new Keywords(path);
        foreach (var (name, value) in SchemaJson.Members(definition, path))
        {
            var at = SchemaFaults.Step(path, name);
            if (Rules.Contains(name))
                keywords._members.Add(name, value);
            // What most generators write of an optional value, and what a blank becomes in one.
            else if (name == "default" && value.ValueKind == JsonValueKind.Null)
                continue;
            else if (NotEnforced.Contains(name))
                throw SchemaFaults.Invalid(at, name == "required"
                    ? "stands in the wrong place: 'required' is a list of names beside 'properties', or nullable: true makes this column optional"
                    : $"the rule '{name}' is not enforced here, so it is refused rather than ignored; take it out. Enforced: {string.Join(", ", Rules)}");
            else if (!Annotations.Contains(name) && ClosestMatch.Of(name, Rules) is { } meant)
                throw SchemaFaults.Invalid(at, $"is not known. Did you mean '{meant}'?");
            else if (strict && !Annotations.Contains(name))
                throw SchemaFaults.Invalid(at, $"is not known. Accepted: {string.Join(", ", Rules)}");
        }
        return keywords;
    }

    /// <summary>Refuses every rule but these, which nothing would enforce here.</summary>
    public void AllowOnly(string reason, params ReadOnlySpan<string> rules)
    {
        foreach (var name in _members.Keys)
            if (!rules.Contains(name))
                throw SchemaFaults.Invalid(PathOf(name), reason);
    }

    /// <summary>The column with every rule of this object on it.</summary>
    public Column Apply(Column column)
    {
        if (this["nullable"] is { } nullable && SchemaJson.Flag(nullable, PathOf("nullable")))
            column = column with { Optional = true };
        column = ApplyEnum(column);
        column = ApplyLength(column);
        column = ApplyDateFormat(column);
        if (this["minLength"] is { } minLength
            && (column.Type is not (ColumnType.String or ColumnType.Category) || SchemaJson.Count(minLength, PathOf("minLength")) > 1))
            throw SchemaFaults.Invalid(PathOf("minLength"), "only 0 and 1 on a string are enforced (a blank is no value); take it out");
        if (this["minLength"] is { } length && column is { Optional: true, Type: ColumnType.String } && SchemaJson.Count(length, PathOf("minLength")) > 0)
            throw SchemaFaults.Invalid(PathOf("minLength"),
                "an optional text may be empty (\"\" in the file), which is not enforced against; make the column required or take it out");
        if (this["allow_non_finite"] is { } nonFinite && SchemaJson.Flag(nonFinite, PathOf("allow_non_finite")))
            column = column.Type == ColumnType.Float
                ? column with { AllowNonFinite = true }
                : throw NotFor("allow_non_finite", column, "a FLOAT");
        return NumericBounds.Apply(column, this);
    }

    Column ApplyEnum(Column column)
    {
        var name = this["enum"] is not null ? "enum" : "const";
        if (this[name] is not { } given)
            return column;
        var path = PathOf(name);
        if (name == "enum" && this["const"] is not null)
            throw SchemaFaults.Invalid(PathOf("const"), "stands beside enum; keep one of the two");
        if (column.Type is not (ColumnType.String or ColumnType.Category))
            throw NotFor(name, column, "a string or a CATEGORY; for numbers use minimum and maximum");
        if (column.AllowedValues.Count > 0)
            throw SchemaFaults.Invalid(path, "the type lists the allowed values already; keep one of the two lists");
        var values = new List<string>();
        var optional = column.Optional;
        foreach (var value in name == "enum" ? SchemaJson.List(given, path).EnumerateArray().ToArray() : [given])
        {
            if (value.ValueKind == JsonValueKind.Null)
                optional = true;
            else
                values.Add(SchemaJson.Text(value, path));
        }
        return column with
        {
            Type = ColumnType.Category,
            StorageType = column.Type == ColumnType.Category ? column.StorageType : $"LowCardinality({column.StorageType})",
            Optional = optional,
            AllowedValues = AllowedValues.Check(values, path, StorageTypes.FixedBytes(column.StorageType)),
        };
    }

    Column ApplyDateFormat(Column column)
    {
        if (this["date_format"] is not { } given)
            return column;
        var path = PathOf("date_format");
        if (column.Type is not (ColumnType.Date or ColumnType.Timestamp))
            throw NotFor("date_format", column, "a DATE or a TIMESTAMP; in a JSON Schema, say \"format\": \"date\" or \"date-time\" too");
        var format = SchemaJson.Text(given, path);
        if (DateFormat.Compile(format, column.Type == ColumnType.Timestamp, out var fault) is null)
            throw SchemaFaults.Invalid(path, fault);
        // It says all about how a value is written: neither ISO 8601 nor Unix seconds are read beside it.
        return column with { DateFormat = format, Iso8601 = false, DateTimeText = false };
    }

    Column ApplyLength(Column column)
    {
        int? length = this["length"] is { } given ? SchemaJson.Count(given, PathOf("length")) : null;
        int? min = this["minItems"] is { } low ? SchemaJson.Count(low, PathOf("minItems")) : null;
        int? max = this["maxItems"] is { } high ? SchemaJson.Count(high, PathOf("maxItems")) : null;
        if (length is null && min is null && max is null)
            return column;
        if (column.Type != ColumnType.Vector)
            throw NotFor(length is not null ? "length" : min is not null ? "minItems" : "maxItems", column, "a VECTOR");
        if (length is null && min is null or 0 && max is null)
            return column;
        if ((min ?? length ?? max) != (max ?? length ?? min) || (length is null && (min is null || max is null)))
            throw SchemaFaults.Invalid(_path, "a vector has one fixed length or any length: give minItems and maxItems the same number, or leave both out");
        return (length ?? min) is > 0 and <= 500_000 and var fixedLength
            ? column with { Length = fixedLength }
            : throw SchemaFaults.Invalid(_path, "the length of a vector goes from 1 to 500,000");
    }

    public SchemaException NotFor(string name, Column column, string goesWith) =>
        SchemaFaults.Invalid(PathOf(name), $"does not go with a column of type {column.TypeName}, only with {goesWith}");
}
