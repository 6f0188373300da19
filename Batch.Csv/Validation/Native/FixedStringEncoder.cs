using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation.Native;

/// <summary>A STRING of a fixed number of bytes: what is shorter is filled up with NUL, as ClickHouse does, and what is longer is refused.</summary>
sealed class FixedStringEncoder(Column column, int field, int batchRows, PagePool pool) : PagedColumnEncoder(column, field, pool)
{
    readonly int _bytes = StorageTypes.FixedBytes(column.StorageType)!.Value;
    readonly bool _isEventId = column.Name == SpecialColumns.EventId;
    readonly byte[] _values = new byte[batchRows * StorageTypes.FixedBytes(column.StorageType)!.Value];
    readonly byte[]? _nulls = column.Optional ? new byte[batchRows] : null;

    protected override bool ChecksEncoding => true;

    public override void Encode(in FieldBatch fields, BadRowBitmap badRows)
    {
        var slices = fields.Slices;
        Array.Clear(_values, 0, slices.Length * _bytes);
        for (var row = 0; row < slices.Length; row++)
        {
            var isBad = Rejects(fields, row, badRows);
            var slice = slices[row];
            var text = slice.RawText(fields.Chunk);
            _nulls?[row] = text.IsEmpty && !slice.IsQuotedEmpty(fields.Chunk) ? (byte)1 : (byte)0;
            var value = _values.AsSpan(row * _bytes, _bytes);
            if (isBad)
                continue;
            if (slice.IsEscaped)
                EscapedText.Unescape(text, value);
            else
                text.CopyTo(value);
        }
    }

    protected override RejectCode CheckText(ReadOnlySpan<byte> chunk, FieldSlice slice, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty && !(slice.IsQuotedEmpty(chunk) && !MustHaveValue))
            return CodeOf(ParseOutcome.Blank);
        return _isEventId && FieldParsers.Trim(text).IsEmpty ? CodeOf(ParseOutcome.Blank)
            : EscapedText.Length(text, slice.IsEscaped) > _bytes ? RejectCode.OutOfRange
            : RejectCode.None;
    }

    public override void Commit(ReadOnlySpan<RowRun> goodRuns)
    {
        foreach (var run in goodRuns)
        {
            if (_nulls is not null)
                Head.Write(_nulls.AsSpan(run.Start, run.Count));
            Data.Write(_values.AsSpan(run.Start * _bytes, run.Count * _bytes));
        }
    }
}
