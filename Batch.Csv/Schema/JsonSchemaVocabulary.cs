using System.Text.Json;

namespace Batch.Csv.Schema;

/// <summary>Reads a JSON Schema object: its <c>properties</c> are the columns, and those not in <c>required</c> are optional.</summary>
internal static class JsonSchemaVocabulary
{
    const string Accepted =
        "string (with enum or format category: CATEGORY; with format date-time: TIMESTAMP; with format date, time, uuid, ipv4, ipv6: that type), " +
        "integer (with format unix-time: TIMESTAMP; with format int8 … int256, uint8 … uint256: that width), " +
        "number (with format float: Float32; with format decimal(18, 4): DECIMAL), boolean, array of number; [\"string\", \"null\"] or nullable: true makes a column optional";

    static readonly string[] Types = ["string", "integer", "number", "boolean", "array"];

    static readonly string[] RootMembers = ["type", "properties", "required", "additionalProperties", "nullable"];

    static readonly string[] NotEnforced =
    [
        "$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "enum", "const", "items", "patternProperties", "propertyNames",
        "unevaluatedProperties", "default", "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "dependencies",
    ];

    /// <summary>A map may have a column called "properties"; its type is a text, where JSON Schema has an object of objects.</summary>
    public static bool Recognises(List<(string Name, JsonElement Value)> members)
    {
        var type = members.Find(m => m.Name == "type").Value;
        var properties = members.Find(m => m.Name == "properties").Value;
        if (members.Exists(m => m.Name == "$schema") || (type.ValueKind == JsonValueKind.String && type.ValueEquals("object")))
            return true;
        // Not one of the maps' object forms: those hold 'type' as a text.
        return properties.ValueKind == JsonValueKind.Object
            && !(properties.TryGetProperty("type", out var inner) && inner.ValueKind == JsonValueKind.String);
    }

    public static (List<Column> Columns, bool IgnoreExtraColumns) Read(List<(string Name, JsonElement Value)> members)
    {
        JsonElement properties = default, required = default, additional = default;
        foreach (var (name, value) in members)
        {
            var path = SchemaFaults.Step("$", name);
            switch (name)
            {
                case "type" when value.ValueKind != JsonValueKind.String || !value.ValueEquals("object"):
                    throw SchemaFaults.Invalid(path, "a row is an object: write \"type\": \"object\"");
                case "properties":
                    properties = value;
                    break;
                case "required":
                    required = SchemaJson.List(value, path);
                    break;
                case "additionalProperties":
                    additional = value;
                    break;
                case var _ when NotEnforced.Contains(name):
                    throw SchemaFaults.Invalid(path, $"the rule '{name}' is not enforced here, so it is refused rather than ignored; take it out");
                case var _ when !RootMembers.Contains(name) && ClosestMatch.Of(name, RootMembers) is { } meant:
                    throw SchemaFaults.Invalid(path, $"is not known. Did you mean '{meant}'?");
            }
        }
        if (properties.ValueKind != JsonValueKind.Object)
            throw SchemaFaults.Invalid("$.properties",
                $"is {SchemaFaults.Describe(properties)}; write the columns there, for example {{\"amount\": {{\"type\": \"number\"}}}}");

        var definitions = SchemaJson.Members(properties, "$.properties");
        ColumnNames.CheckCount(definitions.Count, "$.properties");
        var names = Required(required, definitions);
        var columns = definitions.ConvertAll(d => Property(d.Name, d.Value, SchemaFaults.Step("$.properties", d.Name), names.Contains(d.Name)));
        return (columns, Additional(additional));
    }

    static bool Additional(JsonElement additional) => additional.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw SchemaFaults.Invalid("$.additionalProperties", "write true (columns not in the schema are ignored) or false (they are refused)"),
    };

    static HashSet<string> Required(JsonElement required, List<(string Name, JsonElement Value)> definitions)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (required.ValueKind == JsonValueKind.Undefined)
            return names;
        var known = definitions.Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var item in required.EnumerateArray())
        {
            var name = SchemaJson.Text(item, "$.required");
            if (!known.Contains(name))
                throw SchemaFaults.Invalid("$.required", $"the column {SchemaFaults.Quote(name)} is not in 'properties'." +
                    (ClosestMatch.Of(name, known) is { } meant ? $" Did you mean {SchemaFaults.Quote(meant)}?" : " Add it there or take it out here."));
            names.Add(name);
        }
        return names;
    }

    static Column Property(string name, JsonElement definition, string path, bool required)
    {
        if (definition.ValueKind != JsonValueKind.Object)
            throw SchemaFaults.Invalid(path, $"is {SchemaFaults.Describe(definition)}; write an object with a type, for example {{\"type\": \"number\"}}");
        var keywords = Keywords.Read(definition, path, strict: false);
        var alternatives = keywords["anyOf"] is not null ? "anyOf" : "oneOf";
        if (keywords[alternatives] is { } choice)
        {
            // The usual spelling of an optional value: anyOf [ {…}, {"type":"null"} ].
            var branches = SchemaJson.List(choice, keywords.PathOf(alternatives)).EnumerateArray().ToArray();
            var real = branches.Where(b => !IsNull(b)).ToArray();
            if (real.Length != 1 || keywords["type"] is not null)
                throw SchemaFaults.Invalid(keywords.PathOf(alternatives), "a column has one type: only a type beside {\"type\": \"null\"} is accepted here");
            keywords.AllowOnly($"stands beside {alternatives}, where it is not enforced; put it into the one type that is there", alternatives);
            return Property(name, real[0], $"{keywords.PathOf(alternatives)}[{Array.IndexOf(branches, real[0])}]", required && real.Length == branches.Length);
        }
        var (type, nullable) = TypeOf(keywords, path);
        return keywords.Apply(Typed(name, type, keywords, path) with { Optional = nullable || !required });
    }

    static bool IsNull(JsonElement branch) =>
        branch.ValueKind == JsonValueKind.Object && branch.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
            && type.ValueEquals("null");

    static (string Type, bool Nullable) TypeOf(Keywords keywords, string path)
    {
        if (keywords["type"] is not { } type)
            return keywords["enum"] is not null || keywords["const"] is not null
                ? ("string", false)
                : throw SchemaFaults.Invalid(path, $"has no 'type'. Accepted: {Accepted}");
        var at = keywords.PathOf("type");
        if (type.ValueKind != JsonValueKind.Array)
            return (SchemaJson.Text(type, at), false);
        var names = type.EnumerateArray().Select(t => SchemaJson.Text(t, at)).ToList();
        var real = names.Where(n => n != "null").Distinct().ToList();
        return real.Count == 1
            ? (real[0], names.Contains("null"))
            : throw SchemaFaults.Invalid(at, "a column has one type: write one, or one beside \"null\"");
    }

    static Column Typed(string name, string type, Keywords keywords, string path)
    {
        var format = keywords["format"] is { } given ? SchemaJson.Text(given, keywords.PathOf("format")) : null;
        if (type != "array" && keywords["items"] is not null)
            throw SchemaFaults.Invalid(keywords.PathOf("items"), "goes only with \"type\": \"array\"");
        if (format is not null && type is ("boolean" or "array"))
            throw SchemaFaults.Invalid(keywords.PathOf("format"),
                $"{SchemaFaults.Quote(format)} is not enforced on type {type}, so it is refused rather than ignored; take it out");
        return type switch
        {
            "string" => Text(name, format, keywords),
            "integer" => Integer(name, format, keywords),
            "number" => Number(name, format, keywords.PathOf("format")),
            "boolean" => new() { Name = name, Type = ColumnType.Boolean, StorageType = "Bool" },
            "array" => Vector(name, keywords, path),
            _ => throw SchemaFaults.Unsupported(keywords.PathOf("type"), type, Suggest(type), Accepted),
        };
    }

    static Column Text(string name, string? format, Keywords keywords)
    {
        var column = new Column { Name = name, Type = ColumnType.String, StorageType = "String" };
        if (format is null)
            return column;
        var path = keywords.PathOf("format");
        if (keywords["enum"] is not null || keywords["const"] is not null)
            throw SchemaFaults.Invalid(path, "is not enforced beside a list of allowed values; take one of the two out");
        return format switch
        {
            "date-time" => column with { Type = ColumnType.Timestamp, StorageType = "DateTime", Iso8601 = true },
            "category" => column with { Type = ColumnType.Category, StorageType = "LowCardinality(String)" },
            // A person's dates may lie before 1970, and a fraction of a second is no reason to refuse a time.
            "date" => column with { Type = ColumnType.Date, StorageType = "Date32" },
            "time" => column with { Type = ColumnType.Time, StorageType = "Time64(6)" },
            "uuid" => column with { Type = ColumnType.Uuid, StorageType = "UUID" },
            "ipv4" => column with { Type = ColumnType.Ip, StorageType = "IPv4" },
            "ipv6" => column with { Type = ColumnType.Ip, StorageType = "IPv6" },
            "timestamp" or "iso8601" or "iso-8601" => throw NotKnown(),
            _ when ClosestMatch.Of(format, ["date-time", "unix-time"]) is not null => throw NotKnown(),
            _ => throw SchemaFaults.Invalid(path,
                $"{SchemaFaults.Quote(format)} is not enforced here, so it is refused rather than ignored: take it out, and any text is accepted. Enforced: date-time, date, time, uuid, ipv4, ipv6; category means text with few distinct values"),
        };

        SchemaException NotKnown() =>
            SchemaFaults.Invalid(path,
                $"{SchemaFaults.Quote(format)} is not known. Did you mean 'date-time'? (Unix seconds are type integer, format unix-time.)");
    }

    static Column Integer(string name, string? format, Keywords keywords) => format switch
    {
        // A width said aloud beats the name, so milliseconds may live in a column called "timestamp".
        null when name == "timestamp" => new() { Name = name, Type = ColumnType.Timestamp, StorageType = "DateTime" },
        null => new() { Name = name, Type = ColumnType.Integer, StorageType = "Int64" },
        "unix-time" => new() { Name = name, Type = ColumnType.Timestamp, StorageType = "DateTime" },
        "date-time" => throw SchemaFaults.Invalid(keywords.PathOf("format"),
            "a date-time is a text: write \"type\": \"string\" for ISO 8601, or format unix-time for Unix seconds; no column takes both"),
        _ when IntegerWidth.Names.FirstOrDefault(w => string.Equals(w, format, StringComparison.OrdinalIgnoreCase)) is { } width =>
            new() { Name = name, Type = ColumnType.Integer, StorageType = width },
        _ => throw SchemaFaults.Invalid(keywords.PathOf("format"), $"{SchemaFaults.Quote(format)} is not known for an integer." +
            $"{(ClosestMatch.Of(format, ["unix-time"]) is { } meant ? $" Did you mean '{meant}'?" : "")} Accepted: unix-time, int8 … int256, uint8 … uint256"),
    };

    static Column Number(string name, string? format, string path) =>
        format?.StartsWith("decimal", StringComparison.OrdinalIgnoreCase) == true ? MapTypes.Resolve(name, format, path) : Float(name, format, path);

    static Column Float(string name, string? format, string path) => new()
    {
        Name = name,
        Type = ColumnType.Float,
        StorageType = format switch
        {
            null or "double" or "float64" => "Float64",
            "float" or "float32" => "Float32",
            _ => throw SchemaFaults.Invalid(path,
                $"{SchemaFaults.Quote(format)} is not known for a number. Accepted: double (Float64, the default), float (Float32), decimal(18, 4)"),
        },
    };

    static Column Vector(string name, Keywords keywords, string path)
    {
        if (keywords["items"] is not { } items || items.ValueKind != JsonValueKind.Object)
            throw SchemaFaults.Invalid(path, "an array needs \"items\": {\"type\": \"number\"}: only lists of numbers can be stored");
        var at = keywords.PathOf("items");
        var inner = Keywords.Read(items, at, strict: false);
        var (type, nullable) = TypeOf(inner, at);
        if (type is not ("number" or "integer") || nullable)
            throw SchemaFaults.Unsupported(inner.PathOf("type"), $"array of {type}{(nullable ? " or null" : "")}", "array of number", Accepted);
        inner.AllowOnly("rules on the numbers of a vector are not enforced; take it out", "type", "format");
        if (type == "integer")
            throw SchemaFaults.Invalid(inner.PathOf("type"),
                "that the numbers of a vector are whole is not enforced, so it is refused rather than ignored; write number");
        var format = inner["format"] is { } given ? SchemaJson.Text(given, inner.PathOf("format")) : null;
        return new()
        {
            Name = name,
            Type = ColumnType.Vector,
            StorageType = $"Array({Float(name, format, inner.PathOf("format")).StorageType})",
        };
    }

    static string? Suggest(string type)
    {
        var word = type.ToLowerInvariant();
        return word switch
        {
            "text" or "str" or "varchar" or "char" or "uuid" or "category" or "enum" or "object" or "json" => "string",
            "int" or "long" or "bigint" or "smallint" => "integer",
            "float" or "double" or "decimal" or "real" or "numeric" => "number",
            "bool" => "boolean",
            "vector" or "list" => "array",
            "timestamp" or "datetime" or "date" or "date-time" or "unix-time" => "integer with format unix-time, or string with format date-time",
            _ when word.StartsWith("int", StringComparison.Ordinal) && word.Length <= 6 && word != "integer" => "integer",
            _ when word.StartsWith("uint", StringComparison.Ordinal) && word.Length <= 7 => "integer",
            _ when word.StartsWith("float", StringComparison.Ordinal) && word.Length <= 7 => "number",
            _ => ClosestMatch.Of(type, Types),
        };
    }
}
