using Batch.Csv.Schema;

namespace Batch.Csv.Validation.Native;

/// <summary>A column whose block is two buffers: what comes before the values, and the values.</summary>
abstract class PagedColumnEncoder(Column column, int field, PagePool pool) : ColumnEncoder(column, field)
{
    /// <summary>Name, type and what the type has for each row before the values: a null map, or where each list ends.</summary>
    protected PagedBuffer Head { get; } = new(pool);

    protected PagedBuffer Data { get; } = new(pool);

    public override void Reset()
    {
        base.Reset();
        Head.WriteColumnHeader(Column.Name, Column.ClickHouseType);
    }

    public sealed override void Clear()
    {
        Head.Clear();
        Data.Clear();
    }

    public sealed override void WriteTo(BlockAssembler block)
    {
        block.Append(Head);
        block.Append(Data);
    }
}
