using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation.Native;

/// <summary>A column of numbers, truths or times: all that has a fixed number of bytes a value.</summary>
sealed class FixedWidthEncoder<T, TParser>(Column column, int field, int batchRows, TParser parser, PagePool pool) : PagedColumnEncoder(column, field, pool)
    where T : unmanaged
    where TParser : struct, IValueParser<T>
{
    readonly TParser _parser = parser;
    readonly T[] _values = new T[batchRows];
    readonly byte[]? _nulls = column.Optional ? new byte[batchRows] : null;

    public override void Encode(in FieldBatch fields, BadRowBitmap badRows)
    {
        if (_nulls is not null)
            Array.Clear(_nulls, 0, fields.Slices.Length);

        for (var row = 0; (row = EncodeUsual(fields, row)) < fields.Slices.Length; row++)
            EncodeAny(fields, row, badRows);
    }

    /// <summary>Parses fields for as long as they are as fields mostly are; without a call among them, all it needs stays in registers.</summary>
    /// <returns>The first row from <paramref name="row"/> on whose field is not.</returns>
    int EncodeUsual(in FieldBatch fields, int row)
    {
        if (!Vector128Digits.IsSupported)
            return row;
        ref var chunk = ref MemoryMarshal.GetReference(fields.Chunk);
        var slices = fields.Slices;
        var values = _values.AsSpan(0, slices.Length);
        var parser = _parser;
        for (; row < slices.Length; row++)
        {
            // A slice that is not negative lies within the chunk: the tokenizer found it there. So do the sixteen bytes up to its
            // end, but for the first fields of the chunk.
            var slice = slices[row];
            if ((uint)(slice.Length - 1) >= Vector128Digits.Count || slice.Start < Vector128Digits.Count
                || !parser.TryParse(ref Unsafe.Add(ref chunk, slice.Start + slice.Length - Vector128Digits.Count), slice.Length, out var value))
                break;
            values[row] = value;
        }

        return row;
    }

    void EncodeAny(in FieldBatch fields, int row, BadRowBitmap badRows)
    {
        var slice = fields.Slices[row];
        var parsed = slice.Length > 0 ? _parser.Parse(slice.RawText(fields.Chunk), out _values[row]) : ParseOutcome.Blank;
        if (parsed != ParseOutcome.Ok)
            NoValue(fields, row, parsed, badRows);
    }

    /// <param name="parsed">What was found where there is a field that can be taken as it stands.</param>
    void NoValue(in FieldBatch fields, int row, ParseOutcome parsed, BadRowBitmap badRows)
    {
        var slice = fields.Slices[row];
        _values[row] = default;
        if (slice.Length == 0 && !MustHaveValue)
        {
            _nulls![row] = 1;
            return;
        }

        var code = slice.Length < 0
            ? Check(fields.Chunk, slice, fields.IsText)
            : CheckEncoding(CodeOf(parsed), slice.RawText(fields.Chunk), fields.IsText);
        if (!Rejects(row, code, badRows))
            _nulls?[row] = 1;
    }

    protected override RejectCode CheckText(ReadOnlySpan<byte> chunk, FieldSlice slice, ReadOnlySpan<byte> text) =>
        slice.IsEscaped ? CodeOf(ParseOutcome.Malformed) : CodeOf(_parser.Parse(text, out _));

    public override void Commit(ReadOnlySpan<RowRun> goodRuns)
    {
        foreach (var run in goodRuns)
        {
            if (_nulls is not null)
                Head.Write(_nulls.AsSpan(run.Start, run.Count));
            Data.Write(MemoryMarshal.AsBytes(_values.AsSpan(run.Start, run.Count)));
        }
    }
}
