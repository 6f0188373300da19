using Batch.Csv.Dialects;

namespace Batch.Csv.Schema;

/// <summary>A schema in canonical form: what a row of the model's files must look like.</summary>
public sealed record ModelSchema
{
    public required IReadOnlyList<Column> Columns { get; init; }
    /// <summary>Columns of a file that are not in the schema are skipped instead of being refused.</summary>
    public bool IgnoreExtraColumns { get; init; }
    /// <summary>What rows may do.</summary>
    public RowRules Rules { get; init; }
    /// <summary>How its files differ from plain CSV; null: they do not.</summary>
    public FileDialect? Dialect { get; init; }
    /// <summary>Columns of the data table's ORDER BY; never empty (<c>_row</c> where the model names none).</summary>
    public required IReadOnlyList<string> OrderBy { get; init; }
}

/// <summary>A schema that cannot be accepted. A caller's mistake: it becomes a 400 or 409 problem.</summary>
/// <param name="code">For example INVALID_SCHEMA, UNSUPPORTED_TYPE, INCOMPATIBLE_SCHEMA.</param>
/// <param name="message">What, where and how to fix it.</param>
public sealed class SchemaException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
