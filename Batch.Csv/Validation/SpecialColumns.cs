using Batch.Csv.Schema;

namespace Batch.Csv.Validation;

/// <summary>The two columns that have rules and messages of their own.</summary>
static class SpecialColumns
{
    public const string EventId = "event_id";
    public const string Timestamp = "timestamp";

    /// <summary>A row must have a value for this column: it is not optional, or it is the <c>event_id</c>, which never is.</summary>
    public static bool MustHaveValue(this Column column) => !column.Optional || column.Name == EventId;
}
