namespace Batch.Csv.Schema;

/// <summary>
/// The types of the two vocabularies that are maps of name to type: ClickHouse's own (<c>UInt32</c>) and the words of the
/// reject table (<c>TIMESTAMP</c>). Both may stand in one map; <c>Nullable(…)</c> or a <c>?</c> at the end makes either optional.
/// </summary>
internal static class MapTypes
{
    public const string Accepted =
        "String, Int8 … Int256, UInt8 … UInt256, Float32, Float64, Decimal(18, 4), Bool, Date, Date32, DateTime, DateTime('Europe/Berlin'), " +
        "DateTime64(3), Time, Time64(3), UUID, IPv4, IPv6, FixedString(16), LowCardinality(String), Enum8('a' = 1, …), Enum16(…), " +
        "Array(Float32), Array(Float64); or one of STRING, TIMESTAMP, FLOAT, INTEGER, BOOLEAN, CATEGORY, VECTOR; " +
        "or int, bigint, smallint, tinyint, text, varchar, double, real, numeric(18, 4), date, time; " +
        "each also as Nullable(…)";

    static readonly Dictionary<string, (ColumnType Type, string Storage)> ClickHouse = new(StringComparer.Ordinal)
    {
        ["String"] = (ColumnType.String, "String"),
        ["Float32"] = (ColumnType.Float, "Float32"),
        ["Float64"] = (ColumnType.Float, "Float64"),
        ["Bool"] = (ColumnType.Boolean, "Bool"),
        ["Date"] = (ColumnType.Date, "Date"),
        ["Date32"] = (ColumnType.Date, "Date32"),
        ["Time"] = (ColumnType.Time, "Time"),
        ["UUID"] = (ColumnType.Uuid, "UUID"),
        ["IPv4"] = (ColumnType.Ip, "IPv4"),
        ["IPv6"] = (ColumnType.Ip, "IPv6"),
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
        // The words of SQL. Where ClickHouse has a name that differs in case only (Date, Time), its own is the narrower type.
        ["tinyint"] = (ColumnType.Integer, "Int8"),
        ["smallint"] = (ColumnType.Integer, "Int16"),
        ["int"] = (ColumnType.Integer, "Int32"),
        ["bigint"] = (ColumnType.Integer, "Int64"),
        ["real"] = (ColumnType.Float, "Float32"),
        ["double"] = (ColumnType.Float, "Float64"),
        ["text"] = (ColumnType.String, "String"),
        ["varchar"] = (ColumnType.String, "String"),
        ["date"] = (ColumnType.Date, "Date32"),
        ["time"] = (ColumnType.Time, "Time64(6)"),
        ["uuid"] = (ColumnType.Uuid, "UUID"),
    };

    static readonly string[] Names =
    [
        .. ClickHouse.Keys, "DateTime", "DateTime64", "Time64", .. IntegerWidth.Names, "LowCardinality(String)", "LowCardinality(Nullable(String))",
        "Enum8", "Enum16",
        "Array(Float32)", "Array(Float64)", .. Words.Keys,
    ];

    /// <summary>What other systems call it, and what ClickHouse has beyond what is stored here.</summary>
    static readonly Dictionary<string, string> Foreign = new(StringComparer.OrdinalIgnoreCase)
    {
        ["char"] = "String", ["nvarchar"] = "String", ["varchar"] = "String", ["str"] = "String",
        ["fixedstring"] = "FixedString(16)", ["json"] = "String", ["object"] = "String", ["ipv4"] = "IPv4", ["ipv6"] = "IPv6",
        ["long"] = "Int64", ["uint"] = "UInt64", ["bfloat16"] = "Float32", ["number"] = "Float64",
        ["numeric"] = "Decimal(18, 4)", ["decimal"] = "Decimal(18, 4)", ["decimal32"] = "Decimal32(4)", ["decimal64"] = "Decimal64(4)",
        ["decimal128"] = "Decimal128(4)", ["decimal256"] = "Decimal256(4)",
        ["datetime64"] = "DateTime64(3)", ["time64"] = "Time64(3)", ["timestamptz"] = "DateTime64(6)",
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
        if (ParameterTypes.Resolve(name, type, path) is { } found)
            return found with { Optional = optional };
        if (type.Arguments.Count == 0)
            return Plain(name, type.Name) is { } plain ? plain with { Optional = optional } : null;
        switch (type.Name)
        {
            case "Nullable" when !optional && type.Arguments is [{ IsText: false } inner]:
                return Resolve(name, inner, optional: true, path);
            case "LowCardinality" when !optional && type.Arguments is [{ Name: "Nullable", Arguments: [var inner] }]:
                return Resolve(name, new("LowCardinality", [inner]), optional: true, path);
            // Of the types that ClickHouse takes here without being talked into it, those of which few values repeat.
            case "LowCardinality" when type.Arguments is [var text] && Resolve(name, text, optional, path) is { Type: ColumnType.String } column:
                return column with { Type = ColumnType.Category, StorageType = $"LowCardinality({column.StorageType})" };
            case "Array" when type.Arguments is [{ Name: "Float32" or "Float64", Arguments.Count: 0, IsText: false } item]:
                return new() { Name = name, Type = ColumnType.Vector, StorageType = $"Array({item.Name})", Optional = optional };
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
            return new() { Name = name, Type = ColumnType.Timestamp, StorageType = "DateTime", DateTimeText = true };
        if (ClickHouse.TryGetValue(word, out var found) || Words.TryGetValue(word, out found))
            return new() { Name = name, Type = found.Type, StorageType = found.Storage };
        return null;
    }

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
