using System.Runtime.InteropServices;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation.Native;

/// <summary>A VECTOR: a JSON list of numbers. A blank in an optional column is an empty list, for ClickHouse has no nullable arrays.</summary>
sealed class VectorEncoder<T, TParser>(Column column, int field, int batchRows, TParser parser, PagePool pool) : PagedColumnEncoder(column, field, pool)
    where T : unmanaged
    where TParser : struct, IValueParser<T>
{
    const int KeptElements = 128 * 1024;

    readonly TParser _parser = parser;
    readonly int? _length = column.Length;
    // The staged elements of all rows, and where each row's begin; one entry more for the end of the last.
    T[] _elements = new T[batchRows];
    readonly int[] _starts = new int[batchRows + 1];
    ulong _committed;

    public override void Reset()
    {
        base.Reset();
        _committed = 0;
        if (_elements.Length > KeptElements)
            _elements = new T[_starts.Length];
    }

    public override void Encode(in FieldBatch fields, BadRowBitmap badRows)
    {
        var slices = fields.Slices;
        var count = 0;
        for (var row = 0; row < slices.Length; row++)
        {
            _starts[row] = count;
            var slice = slices[row];
            if (slice.Length <= 0 || !TryEncode(fields.Chunk.Slice(slice.Start, slice.Length), ref count))
            {
                count = _starts[row];
                Rejects(fields, row, badRows);
            }
        }

        _starts[slices.Length] = count;
    }

    bool TryEncode(ReadOnlySpan<byte> text, ref int count)
    {
        if (VectorReader.Open(text, out var reader) != ParseOutcome.Ok)
            return false;
        var start = count;
        while (reader.MoveNext())
        {
            if (count == _elements.Length)
                Array.Resize(ref _elements, count * 2);
            if (_parser.Parse(reader.Current, out _elements[count++]) != ParseOutcome.Ok)
                return false;
        }

        return _length is null || count - start == _length;
    }

    protected override RejectCode CheckText(ReadOnlySpan<byte> chunk, FieldSlice slice, ReadOnlySpan<byte> text)
    {
        var outcome = VectorReader.Open(text, out var reader);
        var count = 0;
        for (; outcome is ParseOutcome.Ok or ParseOutcome.OutOfRange && reader.MoveNext(); count++)
            outcome = Worse(outcome, _parser.Parse(reader.Current, out _));
        if (outcome is ParseOutcome.Ok or ParseOutcome.OutOfRange && _length is not null && count != _length)
            outcome = ParseOutcome.Malformed;
        return CodeOf(outcome);
    }

    /// <summary>A list is as bad as its worst element; a blank element is no number.</summary>
    static ParseOutcome Worse(ParseOutcome list, ParseOutcome element) => element switch
    {
        ParseOutcome.Ok => list,
        ParseOutcome.OutOfRange => element,
        _ => ParseOutcome.Malformed,
    };

    public override void Commit(ReadOnlySpan<RowRun> goodRuns)
    {
        foreach (var run in goodRuns)
        {
            int first = _starts[run.Start], end = _starts[run.End];
            for (var row = run.Start; row < run.End; row++)
                Head.Write(_committed + (ulong)(_starts[row + 1] - first));
            _committed += (ulong)(end - first);
            Data.Write(MemoryMarshal.AsBytes(_elements.AsSpan(first, end - first)));
        }
    }
}
