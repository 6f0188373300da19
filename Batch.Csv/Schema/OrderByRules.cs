namespace Batch.Csv.Schema;

/// <summary>Which columns a data table can be sorted by.</summary>
/// <remarks>The key is fixed when the table is made: ClickHouse can neither change it nor, as Batch makes its tables, hold NULL in it.</remarks>
internal static class OrderByRules
{
    /// <summary>The sort key of a model that names none: <c>timestamp</c>, <c>event_id</c>, whichever are there and can be; else <c>_row</c>.</summary>
    public static IReadOnlyList<string> Default(IReadOnlyList<Column> columns)
    {
        var key = new List<string>();
        foreach (var name in (ReadOnlySpan<string>)["timestamp", "event_id"])
            if (columns.FirstOrDefault(c => c.Name == name) is { } column && Fault(column) is null)
                key.Add(name);
        return key.Count > 0 ? key : ["_row"];
    }

    /// <exception cref="SchemaException">A name is not a column, appears twice, or cannot be sorted by.</exception>
    public static IReadOnlyList<string> Check(IReadOnlyList<string> orderBy, IReadOnlyList<Column> columns)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in orderBy)
        {
            if (!seen.Add(name))
                throw SchemaFaults.Invalid("order_by", $"the column {SchemaFaults.Quote(name)} is listed twice; keep one of the two");
            if (name is "_row" or "_job_id")
                continue;
            if (columns.FirstOrDefault(c => c.Name == name) is not { } column)
                throw SchemaFaults.Invalid("order_by", $"the column {SchemaFaults.Quote(name)} is not in the schema." +
                    (ClosestMatch.Of(name, columns.Select(c => c.Name)) is { } meant
                        ? $" Did you mean {SchemaFaults.Quote(meant)}?"
                        : " Name one that is, or _row."));
            if (Fault(column) is { } fault)
                throw SchemaFaults.Invalid("order_by", $"the table cannot be sorted by {SchemaFaults.Quote(name)}: {fault}");
        }
        return [.. orderBy];
    }

    static string? Fault(Column column) =>
        column.Type == ColumnType.Vector ? "a VECTOR has no useful order; choose another column"
        : column.Optional ? "it is optional, and a sort key cannot hold NULL; make it required or choose another column"
        : null;
}
