using Batch.Csv.Schema;

namespace Batch.Csv.Validation.Rejects;

/// <summary>All that entries with the same error in the same column have in common.</summary>
/// <param name="Column">Empty, as is its type, where the row as a whole is faulty.</param>
/// <param name="Number">Its place among the kinds of a <see cref="ChunkPlan"/>.</param>
/// <param name="Message">What is said of every such error; some have a message of their own.</param>
sealed record RejectKind(int Number, string Column, string Type, string Error, string Message)
{
    public static RejectKind Of(int number, Column column, RejectCode code) =>
        new(number, column.Name, column.TypeName, code.Name(), RejectMessages.For(code.Name(), column));

    public static RejectKind OfRow(int number, RejectCode code) => new(number, "", "", code.Name(), RejectMessages.For(code.Name(), "", ""));

    /// <summary>A row goes on beyond the columns of the header.</summary>
    public static RejectKind OfExtraField(int number, int fileColumns)
    {
        var name = ColumnMapping.NameOf(fileColumns);
        var error = RejectCode.ExtraColumn.Name();
        return new RejectKind(number, name, ColumnMapping.UnknownType, error, RejectMessages.For(error, name, ColumnMapping.UnknownType));
    }
}
