namespace Batch.Csv.Schema;

/// <summary>
/// The types of the two vocabularies that are maps of name to type: ClickHouse's own (<c>UInt32</c>) and the words of the
/// reject table (<c>TIMESTAMP</c>). Both may stand in one map; <c>Nullable(…)</c> or a <c>?</c> at the end makes either optional.
/// </summary>
internal static class MapTypes
{
    public const string Accepted =
        "String, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float32, Float64, Bool, DateTime, LowCardinality(String), " +
        "Enum8('a' = 1, …), Enum16(…), Array(Float32), Array(Float64), or one of STRING, TIMESTAMP, FLOAT, INTEGER, BOOLEAN, CATEGORY, VECTOR; " +
        "each also as Nullable(…)";

    static readonly Dictionary<string, (ColumnType Type, string Storage)> ClickHouse = new(StringComparer.Ordinal)
    {
        ["String"] = (ColumnType.String, "String"),
        ["Float32"] = (ColumnType.Float, "Float32"),
        ["Float64"] = (ColumnType.Float, "Float64"),
        ["Bool"] = (ColumnType.Boolean, "Bool"),
    };

    /// <summary>The words are read in any case: "integer" can mean nothing else. ClickHouse's names are read as ClickHouse reads them.</summary>
    static readonly Dictionary<string, (ColumnType Type, string Storage)> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["STRING"] = (ColumnType.String, "String"),
        ["TIMESTAMP"] = (ColumnType.Timestamp, "DateTime"),
        ["FLOAT"] = (ColumnType.Float, "Float64"),
        ["INTEGER"] = (ColumnType.Integer, "Int64"),
        ["BOOLEAN"] = (ColumnType.Boolean, "Bool"),
        ["CATEGORY"] = (ColumnType.Category, "LowCardinality(String)"),
        ["VECTOR"] = (ColumnType.Vector, "Array(Float64)"),
    };

    static readonly string[] Names =
    [
        .. ClickHouse.Keys, "DateTime", .. IntegerWidth.Names, "LowCardinality(String)", "LowCardinality(Nullable(String))", "Enum8", "Enum16",
        "Array(Float32)", "Array(Float64)", .. Words.Keys,
    ];

    /// <summary>What other systems call it, and what ClickHouse has beyond what is stored here.</summary>
    static readonly Dictionary<string, string> Foreign = new(StringComparer.OrdinalIgnoreCase)
    {
        ["text"] = "String", ["varchar"] = "String", ["char"] = "String", ["nvarchar"] = "String", ["str"] = "String", ["uuid"] = "String",
        ["fixedstring"] = "String", ["json"] = "String", ["object"] = "String", ["ipv4"] = "String", ["ipv6"] = "String",
        ["int"] = "Int64", ["bigint"] = "Int64", ["long"] = "Int64", ["smallint"] = "Int16", ["tinyint"] = "Int8",
        ["int128"] = "Int64", ["int256"] = "Int64", ["uint"] = "UInt64", ["uint128"] = "UInt64", ["uint256"] = "UInt64",
        ["double"] = "Float64", ["real"] = "Float32", ["number"] = "Float64", ["numeric"] = "Float64", ["decimal"] = "Float64",
        ["decimal32"] = "Float64", ["decimal64"] = "Float64", ["decimal128"] = "Float64", ["decimal256"] = "Float64", ["bfloat16"] = "Float32",
        ["datetime64"] = "DateTime", ["date"] = "DateTime", ["date32"] = "DateTime", ["time"] = "DateTime", ["timestamptz"] = "DateTime",
        ["enum"] = "Enum8('a' = 1, 'b' = 2)", ["enum8"] = "Enum8('a' = 1, 'b' = 2)", ["enum16"] = "Enum16('a' = 1, 'b' = 2)", ["array"] = "Array(Float64)",
        ["list"] = "Array(Float64)", ["map"] = "String", ["tuple"] = "Array(Float64)",
    };

    /// <exception cref="SchemaException">UNSUPPORTED_TYPE, with what was probably meant and what there is.</exception>
    public static Column Resolve(string name, string text, string path)
    {
        if (TypeExpression.Read(text, out var fault) is not { } expression)
            throw new SchemaException(SchemaFaults.UnsupportedType,
                $"{path}: the type {SchemaFaults.Quote(text)} cannot be read: {fault}. Accepted: {Accepted}.");
        return Resolve(name, expression, optional: false, path) ?? throw SchemaFaults.Unsupported(path, text, Suggest(text, expression), Accepted);
    }

    static Column? Resolve(string name, TypeExpression type, bool optional, string path)
    {
        if (type.IsText)
            return null;
        if (type.Arguments.Count == 0)
            return Plain(name, type.Name) is { } plain ? plain with { Optional = optional } : null;
        switch (type.Name)
        {
            case "Nullable" when !optional && type.Arguments is [{ IsText: false } inner]:
                return Resolve(name, inner, optional: true, path);
            case "LowCardinality" when type.Arguments is [{ Name: "String", Arguments.Count: 0, IsText: false }]:
                return new() { Name = name, Type = ColumnType.Category, StorageType = "LowCardinality(String)", Optional = optional };
            case "LowCardinality" when !optional
                && type.Arguments is [{ Name: "Nullable", Arguments: [{ Name: "String", Arguments.Count: 0, IsText: false }] }]:
                return new() { Name = name, Type = ColumnType.Category, StorageType = "LowCardinality(String)", Optional = true };
            case "Array" when type.Arguments is [{ Name: "Float32" or "Float64", Arguments.Count: 0, IsText: false } item]:
                return new() { Name = name, Type = ColumnType.Vector, StorageType = $"Array({item.Name})", Optional = optional };
            case "DateTime" when type.Arguments is [{ IsText: true } zone]:
                if (zone.Name is not ("UTC" or "Etc/UTC"))
                    throw SchemaFaults.Unsupported(path, $"DateTime({zone.Name})",
                        "DateTime", "DateTime and DateTime('UTC'): a date and time without an offset is read as UTC");
                return DateTime(name) with { Optional = optional };
            case "Enum8" or "Enum16" or "Enum" when type.Arguments.All(a => a.IsText):
                var values = AllowedValues.Check(type.Arguments.Select(a => a.Name), path);
                return new() { Name = name, Type = ColumnType.Category, StorageType = "LowCardinality(String)", Optional = optional, AllowedValues = values };
            default:
                return null;
        }
    }

    static Column? Plain(string name, string word)
    {
        // The first-seen name decides, as ClickHouse's users have it: Unix seconds in a column called "timestamp" are UInt32.
        if (word == "UInt32" && name == "timestamp")
            return new() { Name = name, Type = ColumnType.Timestamp, StorageType = "UInt32" };
        if (IntegerWidth.Is(word))
            return new() { Name = name, Type = ColumnType.Integer, StorageType = word };
        if (word == "DateTime")
            return DateTime(name);
        if (ClickHouse.TryGetValue(word, out var found) || Words.TryGetValue(word, out found))
            return new() { Name = name, Type = found.Type, StorageType = found.Storage };
        return null;
    }

    /// <summary>Who says DateTime has files that ClickHouse writes, or reads.</summary>
    static Column DateTime(string name) => new() { Name = name, Type = ColumnType.Timestamp, StorageType = "DateTime", DateTimeText = true };

    static string? Suggest(string text, TypeExpression type)
    {
        if (type.Name is "Nullable" && type.Arguments is [{ IsText: false } inner])
            return Suggest(inner.Name, inner) is { } better ? (better.StartsWith("Nullable", StringComparison.Ordinal) ? better : $"Nullable({better})") : null;
        if (type.Name is "LowCardinality")
            return "LowCardinality(String)";
        if (type.Name is "Array")
            return "Array(Float64)";
        return Foreign.TryGetValue(type.Name, out var known) ? known
            : ClosestMatch.Of(text.Trim(), Names) ?? ClosestMatch.Of(type.Name, Names);
    }
}
