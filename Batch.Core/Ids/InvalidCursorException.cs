namespace Batch.Core.Ids;

/// <summary>A cursor that did not come from a page of this API. A caller's mistake.</summary>
public sealed class InvalidCursorException(string cursor)
    : Exception($"'{cursor}' is not a cursor; take it from the 'next' of the previous page.")
{
    public string Cursor { get; } = cursor;
}
