using System.Text;

namespace Batch.Core.Schema;

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

    /// <summary>Why no column may be called that; null where one may.</summary>
    public static string? Fault(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return "a column's name is blank; give it one";
        if (name != name.Trim())
            return $"the name {SchemaFaults.Quote(name)} begins or ends with a space, and names in header lines are trimmed; take the space out";
        if (name.Any(char.IsControl))
            return $"the name {SchemaFaults.Quote(name)} holds a control character, which no header line can; take it out";
        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > SchemaParser.MaxNameBytes)
            return $"the name {SchemaFaults.Quote(name)} is {bytes:N0} bytes long; the limit is {SchemaParser.MaxNameBytes}";
        if (Reserved.Contains(name))
            return $"the name {SchemaFaults.Quote(name)} is taken in every data table ({string.Join(", ", Reserved)}); choose another";
        return null;
    }
}
