using Batch.Core.Schema;

namespace Batch.Core.Validation;

/// <summary>All that entries with the same error in the same column have in common.</summary>
/// <param name="Column">Empty, as is its type, where the row as a whole is faulty.</param>
sealed record RejectKind(string Column, string Type, string Error, string Message)
{
    public static RejectKind Of(Column column, RejectCode code) =>
        new(column.Name, column.TypeName, code.Name(), RejectMessages.For(code.Name(), column));

    public static RejectKind OfRow(RejectCode code) => new("", "", code.Name(), RejectMessages.For(code.Name(), "", ""));

    /// <summary>A row goes on beyond the columns of the header.</summary>
    public static RejectKind OfExtraField(int fileColumns)
    {
        var name = ColumnMapping.NameOf(fileColumns);
        var error = RejectCode.ExtraColumn.Name();
        return new RejectKind(name, ColumnMapping.UnknownType, error, RejectMessages.For(error, name, ColumnMapping.UnknownType));
    }
}
