namespace Batch.Csv.Schema;

/// <summary>What a column holds, whichever vocabulary the schema was written in.</summary>
public enum ColumnType { String, Integer, Float, Boolean, Timestamp, Category, Vector, Date, Decimal, Time, Uuid, Ip }

/// <summary>One column of a model in canonical form.</summary>
public sealed record Column
{
    /// <summary>As in the header line; never blank, unique within the model (ordinal comparison).</summary>
    public required string Name { get; init; }
    public required ColumnType Type { get; init; }
    /// <summary>
    /// The ClickHouse type without <c>Nullable</c>, spelled as ClickHouse itself spells it: String, Int64, Decimal(18, 4),
    /// DateTime64(3, 'Europe/Berlin'), LowCardinality(String), Array(Float64). <see cref="StorageTypes"/> reads its arguments.
    /// </summary>
    public required string StorageType { get; init; }
    /// <summary>A blank or left-out value is allowed: NULL, or an empty list for a VECTOR (ClickHouse has no nullable arrays).</summary>
    public bool Optional { get; init; }
    /// <summary>A TIMESTAMP that is read as an ISO 8601 date-time, and not as Unix seconds.</summary>
    public bool Iso8601 { get; init; }
    /// <summary>A TIMESTAMP that takes Unix seconds, and text too: <c>2024-05-18 15:19:02</c>, in the column's zone (UTC unless given).</summary>
    public bool DateTimeText { get; init; }
    /// <summary>How DATE and TIMESTAMP are written where it is not as ISO 8601 has it: <c>%d.%m.%Y %H:%M</c>.</summary>
    public string? DateFormat { get; init; }
    /// <summary>A FLOAT that may be NaN or infinite.</summary>
    public bool AllowNonFinite { get; init; }
    /// <summary>What a CATEGORY may hold; empty: any text.</summary>
    public IReadOnlyList<string> AllowedValues { get; init; } = [];
    /// <summary>Inclusive bounds of INTEGER, FLOAT and DECIMAL beyond those of the width.</summary>
    public double? Minimum { get; init; }
    public double? Maximum { get; init; }
    /// <summary>Fixed length of a VECTOR.</summary>
    public int? Length { get; init; }

    /// <summary>The whole ClickHouse type, as in CREATE TABLE.</summary>
    public string ClickHouseType => !Optional || Type == ColumnType.Vector ? StorageType
        : Type == ColumnType.Category ? $"LowCardinality(Nullable({StorageType["LowCardinality(".Length..^1]}))"
        : $"Nullable({StorageType})";

    /// <summary>The name of <see cref="Type"/> on the wire and in the reject table: STRING, INTEGER, …</summary>
    public string TypeName => Type.ToString().ToUpperInvariant();
}
