namespace Batch.Csv.Export;

/// <summary>Which errors of a job are meant.</summary>
/// <param name="Code">Only errors of this code; null: of any.</param>
/// <param name="Column">Only errors in this column; null: in any.</param>
public readonly record struct RejectedFilter(string? Code, string? Column)
{
    /// <summary>Every error matches.</summary>
    public bool IsNone => Code is null && Column is null;

    public bool Matches(string code, string column) => (Code is null || Code == code) && (Column is null || Column == column);
}
