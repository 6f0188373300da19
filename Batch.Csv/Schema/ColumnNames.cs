using System.Text;

namespace Batch.Csv.Schema;

/// <summary>Which names, and how many, a model's columns may have.</summary>
/// <remarks>Any text that can stand in a header line is a name; quoting it for ClickHouse is the writer's matter.</remarks>
internal static class ColumnNames
{
    /// <summary>The columns of every data table that are not the model's, and those ClickHouse keeps to itself (it refuses CREATE TABLE, code 44).</summary>
    static readonly string[] Reserved = ["_job_id", "_row", "_ingested_at", "_row_exists", "_block_number", "_block_offset"];

    public static void CheckCount(int count, string path)
    {
        if (count == 0)
            throw SchemaFaults.Invalid(path, "names no column; a model needs at least one");
        if (count > SchemaParser.MaxColumns)
            throw SchemaFaults.Invalid(path,
                $"names {count:N0} columns; the limit is {SchemaParser.MaxColumns:N0}. Split the model, or put what belongs together into a VECTOR");
    }

    public static void Check(string name, string path)
    {
        if (Fault(name) is { } fault)
            throw SchemaFaults.Invalid(path, fault);
    }

    /// <summary>All names of a model, percent-encoded: they stand in the address of every insert, of which ClickHouse takes 1 MiB.</summary>
    const int MaxEncodedBytes = 900_000;

    /// <exception cref="SchemaException">INVALID_SCHEMA: the names are too long together.</exception>
    public static void CheckTogether(IEnumerable<Column> columns)
    {
        var bytes = columns.Sum(column => Uri.EscapeDataString($"`{column.Name}`, ").Length);
        if (bytes > MaxEncodedBytes)
            throw SchemaFaults.Invalid("$",
                $"the names of all columns take {bytes:N0} bytes in an address, where a letter beyond ASCII counts six and more; the limit is {MaxEncodedBytes:N0}. Shorten them, or split the model");
    }

    /// <summary>Why lists cannot be called that beside these columns; null where they can.</summary>
    /// <remarks>
    /// ClickHouse takes lists called <c>n.a</c> and <c>n.b</c> for the columns of one Nested and refuses rows in which they are not equally long;
    /// and it refuses a table that has a column <c>n</c> beside them, or one called <c>n.null</c>.
    /// </remarks>
    public static string? ListFault(IReadOnlyCollection<Column> columns)
    {
        var names = columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var lists = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            var dot = column.Name.IndexOf('.', StringComparison.Ordinal);
            if (column.Type != ColumnType.Vector || dot <= 0 || dot == column.Name.Length - 1)
                continue;
            var (head, tail) = (column.Name[..dot], column.Name[(dot + 1)..]);
            var other = tail == "null" ? column.Name : names.Contains(head) ? head : lists.GetValueOrDefault(head);
            if (other is not null)
                return $"ClickHouse takes lists with a dot in their name for columns of one Nested, '{head}', so that {SchemaFaults.Quote(column.Name)} "
                    + $"{(tail == "null" ? "cannot be one" : $"cannot stand beside {SchemaFaults.Quote(other)}")}; write _ for the dot";
            lists.Add(head, column.Name);
        }
        return null;
    }

    /// <summary>Why no column may be called that; null where one may.</summary>
    public static string? Fault(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return "a column's name is blank; give it one";
        if (name != name.Trim())
            return $"the name {SchemaFaults.Quote(name)} begins or ends with a space, but names in header lines are trimmed; remove the space";
        if (name.Any(char.IsControl))
            return $"the name {SchemaFaults.Quote(name)} contains a control character, which a header line cannot; remove it";
        if (NameKey.InvisibleIn(name) is { } invisible)
            return $"the name {NameKey.Show(name)} contains an invisible character ({invisible}), which header lines do not reliably have; remove it";
        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > SchemaParser.MaxNameBytes)
            return $"the name {SchemaFaults.Quote(name)} is {bytes:N0} bytes long; the limit is {SchemaParser.MaxNameBytes}";
        if (Reserved.Contains(name))
            return $"the name {SchemaFaults.Quote(name)} is reserved in every data table ({string.Join(", ", Reserved)}); choose another";
        return null;
    }
}
