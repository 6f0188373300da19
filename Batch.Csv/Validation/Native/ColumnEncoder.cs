using System.Text.Unicode;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation.Native;

// A column's part in the work. For every batch of rows: Encode parses the column's fields into staging memory of the encoder's
// own (small, so it stays in the cache) and marks the rows it finds bad; when all columns have done so, Commit copies the values
// of the rows that are good in every column to the pages of the block. There is one virtual call a batch and column, none a field.
// Staging memory holds something for every row, bad ones included, so that row i is always at place i.
// Check checks one field again. Encode and Check must agree: a row that Encode marks is one Check has an error for.
// To add a type: derive, and add it to ColumnEncoders.Create.
abstract class ColumnEncoder
{
    readonly RejectCode _notOfType, _blank;

    protected ColumnEncoder(Column column, int field)
    {
        Column = column;
        Field = field;
        MustHaveValue = column.MustHaveValue();
        _notOfType = RejectCodes.NotOfType(column);
        _blank = RejectCodes.Blank(column);
    }

    public Column Column { get; }

    /// <summary>Which field of a row fills this column; -1 where the file does not have it.</summary>
    public int Field { get; }

    /// <summary>Errors so far, by <see cref="RejectCode"/>.</summary>
    public int[] Errors { get; } = new int[RejectCodes.Count];

    protected bool MustHaveValue { get; }

    /// <summary>Begins a block.</summary>
    public virtual void Reset()
    {
        Array.Clear(Errors);
        Clear();
    }

    /// <summary>Gives the memory of the last block back.</summary>
    public abstract void Clear();

    /// <summary>Parses one column of a batch and marks its bad rows.</summary>
    public abstract void Encode(in FieldBatch fields, BadRowBitmap badRows);

    /// <summary>Takes over the values of the good rows of the batch just encoded.</summary>
    public abstract void Commit(ReadOnlySpan<RowRun> goodRuns);

    /// <summary>Appends the column, header included, to a block.</summary>
    public abstract void WriteTo(BlockAssembler block);

    /// <summary>What is wrong with one field, if anything.</summary>
    public RejectCode Check(ReadOnlySpan<byte> chunk, FieldSlice slice, bool isText)
    {
        if (slice.IsOfFaultyRow)
            return RejectCode.None; // the fault is the row's, not the column's
        if (slice.IsMissing)
            return MustHaveValue ? RejectCode.MissingColumn : RejectCode.None;
        var text = slice.RawText(chunk);
        return CheckEncoding(CheckText(chunk, slice, text), text, isText);
    }

    /// <summary>What is wrong with a field, encoding included, of which <paramref name="code"/> is what is wrong with it as a value.</summary>
    protected RejectCode CheckEncoding(RejectCode code, ReadOnlySpan<byte> text, bool isText) =>
        isText || (code == RejectCode.None && !ChecksEncoding) || IsText(text) ? code : RejectCode.InvalidEncoding;

    /// <summary>Text of any encoding could pass: each value has to be looked at.</summary>
    protected virtual bool ChecksEncoding => false;

    /// <summary>What is wrong with the text of a field that is there; whether it is text at all is seen to elsewhere.</summary>
    protected abstract RejectCode CheckText(ReadOnlySpan<byte> chunk, FieldSlice slice, ReadOnlySpan<byte> text);

    protected static bool IsText(ReadOnlySpan<byte> text) => Utf8.IsValid(text) && !text.Contains((byte)0);

    protected RejectCode CodeOf(ParseOutcome outcome) => outcome switch
    {
        ParseOutcome.Ok => RejectCode.None,
        ParseOutcome.Blank => MustHaveValue ? _blank : RejectCode.None,
        ParseOutcome.OutOfRange => RejectCode.OutOfRange,
        ParseOutcome.PrecisionLoss => RejectCode.PrecisionLoss,
        _ => _notOfType,
    };

    /// <summary>For a field that did not give a value: marks its row as bad unless a blank is allowed here.</summary>
    /// <returns>False where the value is NULL, or whatever a blank is in this column.</returns>
    protected bool Rejects(in FieldBatch fields, int row, BadRowBitmap badRows) =>
        Rejects(row, Check(fields.Chunk, fields.Slices[row], fields.IsText), badRows);

    protected bool Rejects(int row, RejectCode code, BadRowBitmap badRows)
    {
        if (code == RejectCode.None)
            return false;
        Errors[(int)code]++;
        badRows.MarkBad(row);
        return true;
    }
}
