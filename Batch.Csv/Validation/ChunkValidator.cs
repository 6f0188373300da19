using System.Buffers;
using System.Text.Unicode;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Native;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation;

// The path of a chunk, or of the small ones of a record one after the other: the tokenizer finds the rows and fields of a batch of about a thousand
// rows, as offsets; column by column the fields are parsed from those bytes into staging memory (ColumnEncoder); the rows that are good in all
// columns are copied to the pages of a Native block. Nothing is allocated for a row or a field.
// Errors are counted but not kept: a batch that has bad rows is remembered by its place, and RejectedRowsPass looks at those rows
// a second time when their errors are asked for. So a chunk whose every byte is wrong takes no more memory than a good one.
/// <summary>Validates chunks and encodes them for ClickHouse. Reused from chunk to chunk; one for each chunk in flight; not for several threads.</summary>
public sealed class ChunkValidator : IDisposable
{
    internal const int BatchRows = 1024;

    /// <summary>Buffers kept from one chunk for the next; an ordinary chunk of 8 MiB needs less.</summary>
    const long KeptBytes = 24L << 20;

    /// <summary>Fields of a batch: of a table of a thousand columns, 64 rows at a time still make the trip to each column worth it.</summary>
    const int BatchFields = 64 * 1024;

    readonly PagePool _pool = new();
    readonly RowBatch _batch = new() { FieldEnds = new int[BatchFields] };
    readonly BadRowBitmap _verdict = new();
    readonly FieldSlice[] _slices = new FieldSlice[BatchRows];
    readonly JobColumnsEncoder _jobColumns;
    readonly BlockAssembler _assembler;
    readonly RejectedRowsPass _rejected;
    ChunkPlan? _plan;
    // Errors of rows as a whole.
    int _malformedQuotes, _tooLong, _repeatedHeaders, _fewFields, _extraFields;

    public ChunkValidator()
    {
        _jobColumns = new JobColumnsEncoder(_pool);
        _assembler = new BlockAssembler(_pool);
        _rejected = new RejectedRowsPass(_pool, _batch);
    }

    /// <summary>Bytes of the pages at present, in use or kept.</summary>
    internal long BufferBytes => _pool.TotalBytes;

    /// <summary>Validates every row of a chunk.</summary>
    /// <param name="chunk">Its bytes must not change while the result is in use.</param>
    /// <param name="schema">The version of the model that the chunk is of. The same object for the same version saves time.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="InvalidDataException">What is said of the chunk is not the truth, or does not fit the model.</exception>
    public ValidatedChunk Validate(ChunkRows chunk, ModelSchema schema, CancellationToken cancellationToken) =>
        Validate([chunk], schema, cancellationToken);

    /// <summary>Validates chunks of several jobs of one tenant into the same blocks.</summary>
    /// <param name="chunks">At least one; all of one model and version, with the same columns and the same dialect. Each job comes once.</param>
    /// <param name="schema">The version of the model that the chunks are of. The same object for the same version saves time.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="InvalidDataException">What is said of a chunk is not the truth, or does not fit the model or the other chunks.</exception>
    public ValidatedChunk Validate(IReadOnlyList<ChunkRows> chunks, ModelSchema schema, CancellationToken cancellationToken)
    {
        var plan = Begin(chunks, schema);
        var errorsByChunk = new int[chunks.Count];
        int rows = 0, errors = 0;
        for (var i = 0; i < chunks.Count; i++)
        {
            _jobColumns.Begin(chunks[i]);
            errors += errorsByChunk[i] = Validate(plan, i, chunks[i], cancellationToken);
            rows += chunks[i].Count;
        }
        var data = rows > errors ? new NativeBlock(rows - errors, plan.DataColumns, EncodeData(plan, rows - errors)) : null;
        return new ValidatedChunk(rows, errors, errorsByChunk, CountErrors(plan), data, _rejected);
    }

    /// <returns>Bad rows.</returns>
    int Validate(ChunkPlan plan, int number, ChunkRows part, CancellationToken cancellationToken)
    {
        var chunk = part.Bytes.Span;
        int rows = 0, errors = 0, line = 0;
        var isOpen = false;
        for (var offset = 0; offset < chunk.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = new BatchStart(number, offset, line, rows, isOpen);
            offset = plan.Rows.Read(chunk, offset, ref line, ref isOpen, _batch);
            if (rows + _batch.RowCount > part.Count)
                throw new InvalidDataException($"The chunk has more than the {part.Count} rows its header speaks of.");

            // Rows begin and end at line breaks, which no character in UTF-8 goes across: a file is text iff its batches are.
            var text = chunk[start.Offset..offset];
            var isText = Utf8.IsValid(text) && !text.Contains((byte)0);
            _verdict.Begin(_batch.RowCount);
            var isPlain = CheckShape(plan) && IsPlain(plan.Dialect, text);
            var slices = _slices.AsSpan(0, _batch.RowCount);
            for (var i = 0; i < plan.Encoders.Count; i++)
            {
                var encoder = plan.Encoders[i];
                if (isPlain && encoder.Field >= 0)
                    FieldBatch.GatherPlain(_batch, encoder.Field, plan.FileColumns, slices);
                else
                    FieldBatch.Gather(chunk, _batch, plan.Dialect, encoder.Field, slices);
                if (plan.Rewriters[i] is { } rewriter)
                {
                    rewriter.Rewrite(chunk, slices);
                    encoder.Encode(new FieldBatch(rewriter.Text, slices, isText), _verdict);
                }
                else
                    encoder.Encode(new FieldBatch(chunk, slices, isText), _verdict);
            }

            _verdict.End();

            foreach (var encoder in plan.Encoders)
                encoder.Commit(_verdict.GoodRuns);
            _jobColumns.Commit(_verdict.GoodRuns, part, rows);
            if (_verdict.BadRows > 0)
                _rejected.Remember(start, isText, _verdict);
            rows += _batch.RowCount;
            errors += _verdict.BadRows;
        }

        return rows == part.Count ? errors
            : throw new InvalidDataException($"The chunk has {rows} rows, its header speaks of {part.Count}.");
    }

    ChunkPlan Begin(IReadOnlyList<ChunkRows> chunks, ModelSchema schema)
    {
        foreach (var chunk in chunks)
        {
            if ((chunk.RowNumbers is { } numbers && numbers.Count != chunk.Count) || (chunk.LineNumbers is { } lines && lines.Count != chunk.Count))
                throw new InvalidDataException($"The chunk's header numbers other than its {chunk.Count} rows.");
            if (_plan is not null && _plan.Fits(chunk, schema))
                continue;
            if (!ReferenceEquals(chunk, chunks[0]))
                throw new InvalidDataException("The chunks of the record do not fill the same columns in the same way.");
            _plan?.Clear();
            _plan = new ChunkPlan(chunk, schema, BatchRows, _pool);
        }

        _assembler.Clear();
        _rejected.Begin(_plan!, chunks);
        _jobColumns.Reset();
        foreach (var encoder in _plan!.Encoders)
            encoder.Reset();
        (_malformedQuotes, _tooLong, _repeatedHeaders, _fewFields, _extraFields) = (0, 0, 0, 0, 0);
        _pool.Trim(KeptBytes);
        if (_batch.FieldEnds.Length > BatchFields) // after a row of more fields than that
            _batch.FieldEnds = new int[BatchFields];
        return _plan;
    }

    /// <summary>Neither a quote nor <c>\N</c>. One pass, unless there is a backslash.</summary>
    static bool IsPlain(CsvDialect dialect, ReadOnlySpan<byte> text)
    {
        if (!dialect.FitsBlocks)
            return false;
        var special = text.IndexOfAny(dialect.Quote, (byte)'\\');
        return special < 0 || (!text[special..].Contains(dialect.Quote) && text[special..].IndexOf("\\N"u8) < 0);
    }

    /// <summary>Finds the rows that are no rows and those that have more or fewer fields than the header.</summary>
    /// <returns>True where every row has just the fields of the header, one row's after the other's.</returns>
    bool CheckShape(ChunkPlan plan)
    {
        var isRegular = true;
        var firstField = 0;
        var rows = _batch.Rows.AsSpan(0, _batch.RowCount);
        for (var i = 0; i < rows.Length; i++, firstField += plan.FileColumns)
        {
            ref readonly var row = ref rows[i];
            if (row.FieldCount == plan.FileColumns && row.FirstField == firstField && row.Fault == RowFault.None)
                continue;
            isRegular = false;
            if (row.Fault == RowFault.TooLong)
                _tooLong++;
            else if (row.Fault is RowFault.MalformedQuotes or RowFault.Torn)
                _malformedQuotes++;
            else if (row.Fault == RowFault.RepeatedHeader)
                _repeatedHeaders++;
            else if (row.FieldCount > plan.FileColumns)
                _extraFields++;
            else if (plan.IsTooShort(row.FieldCount))
                _fewFields++;
            else
                continue; // too few fields, and the required columns left out will say so; or after a row that was not regular
            _verdict.MarkBad(i);
        }

        return isRegular;
    }

    ReadOnlySequence<byte> EncodeData(ChunkPlan plan, int rows)
    {
        _assembler.Begin(plan.DataColumns.Count, rows);
        foreach (var encoder in plan.Encoders)
            encoder.WriteTo(_assembler);
        _jobColumns.WriteTo(_assembler);
        return _assembler.End();
    }

    List<ErrorCount> CountErrors(ChunkPlan plan)
    {
        var counts = new List<ErrorCount>();
        foreach (var encoder in plan.Encoders)
            for (var code = 0; code < encoder.Errors.Length; code++)
                Add(encoder.Column.Name, (RejectCode)code, encoder.Errors[code]);
        Add(plan.ExtraField.Column, RejectCode.ExtraColumn, _extraFields);
        Add("", RejectCode.MalformedQuotes, _malformedQuotes);
        Add("", RejectCode.RowTooLong, _tooLong);
        Add("", RejectCode.RepeatedHeader, _repeatedHeaders);
        Add("", RejectCode.FieldCount, _fewFields);
        return counts;

        void Add(string column, RejectCode code, int count)
        {
            if (count > 0)
                counts.Add(new ErrorCount(column, code.Name(), count));
        }
    }

    /// <summary>Ends the use of what a validation returned last; the memory is the garbage collector's.</summary>
    public void Dispose() => _rejected.Clear();
}
