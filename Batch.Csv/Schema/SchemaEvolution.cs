using System.Numerics;
using static Batch.Csv.Schema.SchemaFaults;

namespace Batch.Csv.Schema;

/// <summary>Decides whether a model's schema may become another, and what its table needs for that.</summary>
/// <remarks>
/// Every version of a model writes into one table, and jobs pinned to an older version may still be running. So the table only
/// ever grows: it gets columns, and wider types, such that every value stored and every value an older version may still send has
/// exactly one place in it. Rules that are not stored (bounds, allowed values, the length of a vector, ISO 8601, optional turned
/// required) bind new rows only and never touch the table.
/// To allow one more change of type, see that ALTER … MODIFY COLUMN keeps every value of it, then add it to <see cref="Widens"/>.
/// </remarks>
public static class SchemaEvolution
{
    /// <param name="current">The model's newest version.</param>
    /// <param name="next">The version asked for.</param>
    /// <param name="tableColumns">The table's columns without <c>_job_id</c>, <c>_row</c>, <c>_ingested_at</c>: also those that earlier versions
    /// dropped, with the widest type and the NULLs they ever had, as <see cref="TableColumns"/> gives them.</param>
    /// <exception cref="SchemaException">INCOMPATIBLE_SCHEMA: the message says which column, why, and what to do.</exception>
    public static SchemaChange Compare(ModelSchema current, ModelSchema next, IReadOnlyList<Column> tableColumns)
    {
        if (!current.OrderBy.SequenceEqual(next.OrderBy))
            throw Incompatible($"The table is sorted by {List(current.OrderBy)} and cannot come to be sorted by {List(next.OrderBy)}: " +
                "ClickHouse fixes the sort key when a table is made. Leave order_by out, or make a new model.");

        var table = tableColumns.ToDictionary(c => c.Name, StringComparer.Ordinal);
        var added = new List<Column>();
        var widened = new List<(Column, Column)>();
        foreach (var column in next.Columns)
        {
            if (!table.TryGetValue(column.Name, out var stored))
                added.Add(column);
            else if (Stored(stored, column) is { } wider)
                widened.Add(next.OrderBy.Contains(column.Name) ? throw KeyChange(stored, column) : (stored, wider));
        }
        if (tableColumns.Count + added.Count > SchemaParser.MaxColumns)
            throw Incompatible(
                $"The table would have {tableColumns.Count + added.Count:N0} columns, dropped ones included; the limit is {SchemaParser.MaxColumns:N0}. Make a new model.");
        if (ColumnNames.ListFault([.. tableColumns, .. added]) is { } fault)
            throw Incompatible($"The table cannot have these columns, dropped ones included: {fault}.");

        var kept = next.Columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        return new(added, widened, [.. current.Columns.Where(c => !kept.Contains(c.Name))]);
    }

    /// <summary>The columns a model's table has after all these versions, in the table's order; the input of the next <see cref="Compare"/>.</summary>
    public static IReadOnlyList<Column> TableColumns(IEnumerable<ModelSchema> versions)
    {
        var columns = new List<Column>();
        foreach (var version in versions)
        {
            foreach (var column in version.Columns)
            {
                var at = columns.FindIndex(c => c.Name == column.Name);
                if (at < 0)
                    columns.Add(column);
                else
                    columns[at] = Stored(columns[at], column) ?? (column with { Optional = columns[at].Optional });
            }
        }
        return columns;
    }

    /// <summary>The table's column as it has to become to hold <paramref name="next"/> too; null where it can as it is.</summary>
    static Column? Stored(Column table, Column next)
    {
        if (table.StorageType != next.StorageType && !Widens(table, next))
            throw TypeChange(table, next);
        if (table.Type != next.Type && table.StorageType == next.StorageType)
            throw TypeChange(table, next);
        // A column that may hold NULL keeps doing so: rows loaded earlier have some.
        var wider = next with { Optional = table.Optional || next.Optional };
        return wider.ClickHouseType == table.ClickHouseType ? null : wider;
    }

    /// <summary>Every value of the one is, exactly, one of the other, and text accepted for the one is for the other.</summary>
    static bool Widens(Column from, Column to) => (from.Type, to.Type) switch
    {
        (ColumnType.Integer, ColumnType.Integer) => IntegerWidth.Fits(from.StorageType, to.StorageType),
        // Whole numbers are exact in a Float32 up to 2^24 and in a Float64 up to 2^53.
        (ColumnType.Integer, ColumnType.Float) => from.StorageType is "Int8" or "UInt8" or "Int16" or "UInt16"
            || (from.StorageType is "Int32" or "UInt32" && to.StorageType == "Float64"),
        (ColumnType.Float, ColumnType.Float) => to.StorageType == "Float64",
        (ColumnType.Vector, ColumnType.Vector) => to.StorageType == "Array(Float64)",
        (ColumnType.Integer, ColumnType.Decimal) => Holds(to.StorageType, IntegerWidth.Range(from.StorageType)),
        (ColumnType.Decimal, ColumnType.Decimal) => Holds(from.StorageType, to.StorageType),
        (ColumnType.Date, ColumnType.Date) => to.StorageType == "Date32",
        (ColumnType.Time, ColumnType.Time) => StorageTypes.FractionDigits(from.StorageType) <= StorageTypes.FractionDigits(to.StorageType),
        (ColumnType.Timestamp, ColumnType.Timestamp) => HoldsMoments(from.StorageType, to.StorageType),
        (ColumnType.Ip, ColumnType.Ip) => to.StorageType == "IPv6",
        (ColumnType.String, ColumnType.String) => StorageTypes.FixedBytes(from.StorageType) <= StorageTypes.FixedBytes(to.StorageType),
        (ColumnType.Category, ColumnType.String) => from.StorageType == "LowCardinality(String)" && to.StorageType == "String",
        _ => false,
    };

    static bool Holds(string decimals, (BigInteger Low, BigInteger High) integers)
    {
        var (precision, scale) = StorageTypes.Decimal(decimals);
        var limit = BigInteger.Pow(10, precision - scale);
        return integers.Low > -limit && integers.High < limit;
    }

    static bool Holds(string narrow, string wide)
    {
        var ((precision, scale), (widePrecision, wideScale)) = (StorageTypes.Decimal(narrow), StorageTypes.Decimal(wide));
        return wideScale >= scale && widePrecision - wideScale >= precision - scale;
    }

    /// <summary>A zone is how a moment is shown. DateTime and UInt32 are the same 32 bits; nine digits of a second leave less room for years.</summary>
    static bool HoldsMoments(string narrow, string wide)
    {
        var (digits, wideDigits) = (StorageTypes.FractionDigits(narrow), StorageTypes.FractionDigits(wide));
        var isWide64 = wide.StartsWith("DateTime64", StringComparison.Ordinal);
        return !narrow.StartsWith("DateTime64", StringComparison.Ordinal) ? !isWide64 || narrow != "UInt32"
            : isWide64 && wideDigits >= digits && (wideDigits < 9 || digits == 9);
    }

    static SchemaException KeyChange(Column table, Column next) => Incompatible(
        $"The column {Quote(table.Name)} cannot become {next.ClickHouseType}: it is {table.ClickHouseType} and belongs to the table's sort key, " +
        $"which ClickHouse cannot change. Keep it {table.ClickHouseType}{(table.Optional ? "" : " and required")}, or make a new model.");

    static SchemaException TypeChange(Column table, Column next) => Incompatible(
        $"The column {Quote(table.Name)} cannot become {next.TypeName} ({next.ClickHouseType}): its table holds it as {table.TypeName} ({table.ClickHouseType}), and {Reason(table, next)}. " +
        $"Keep the type, give the column another name, or make a new model.");

    static string Reason(Column table, Column next) => (table.Type, next.Type) switch
    {
        (ColumnType.Integer, ColumnType.Integer) or (ColumnType.Float, ColumnType.Float) or (ColumnType.Vector, ColumnType.Vector) =>
            $"a {next.StorageType} cannot hold every {table.StorageType}; to accept less, set minimum and maximum",
        (ColumnType.Integer, ColumnType.Float) => $"a {next.StorageType} cannot hold every {table.StorageType} exactly",
        (ColumnType.Float, ColumnType.Integer) => "an integer cannot hold the fractions of the rows already loaded",
        (ColumnType.String, ColumnType.Category) => "only a CATEGORY can become a STRING, not the other way round",
        (ColumnType.Decimal, ColumnType.Decimal) or (ColumnType.Integer, ColumnType.Decimal) =>
            $"a {next.StorageType} has less room before or after the point than a {table.StorageType}",
        _ => "the rows already loaded cannot be turned into that without loss",
    };

    static string List(IReadOnlyList<string> names) => string.Join(", ", names.Select(Quote));
}
