namespace Batch.Csv.Schema;

/// <summary>What a new version of a schema asks of the model's table.</summary>
/// <param name="Added">Columns the table does not have: ADD COLUMN. Rows loaded before hold the type's default (NULL where optional).</param>
/// <param name="Widened">Columns whose stored type changes: MODIFY COLUMN to <c>To.ClickHouseType</c>. <c>From</c> is the table's column.</param>
/// <param name="Dropped">Columns of the current version that the next leaves out. They stay in the table, and new rows hold their default.</param>
public sealed record SchemaChange(
    IReadOnlyList<Column> Added, IReadOnlyList<(Column From, Column To)> Widened, IReadOnlyList<Column> Dropped)
{
    /// <summary>The table stays as it is: only the rules for new rows change.</summary>
    public bool LeavesTableAlone => Added.Count == 0 && Widened.Count == 0;
}
