using System.Numerics;
using Batch.Csv.Validation.Native;

namespace Batch.Csv.Validation.Rejects;

/// <summary>Where a batch begins in its chunk.</summary>
/// <param name="Chunk">Which of the chunks, from 0.</param>
/// <param name="Offset">In bytes.</param>
/// <param name="Line">Line breaks before it.</param>
/// <param name="Row">Rows before it.</param>
/// <param name="IsOpen">The rest of a value with a lost quote is awaited there.</param>
readonly record struct BatchStart(int Chunk, int Offset, int Line, int Row, bool IsOpen);

/// <summary>The second look at the bad rows of chunks: row by row and column by column, every error is written out.</summary>
/// <remarks>
/// What the first look leaves behind is a bit a row of the batches that have bad rows, and where these begin. A row's errors are
/// in the order of the model's columns, EXTRA_COLUMN last; they are never split between two blocks, which makes the split, and
/// with it the deduplication tokens, depend on nothing but the chunks.
/// </remarks>
sealed class RejectedRowsPass(PagePool pool, RowBatch batch)
{
    const int MaxEntries = 200_000;
    // A chunk of 8 MiB of which every row is bad, and an id of each once more.
    const long MaxTextBytes = 16 << 20;
    const int WordsPerBatch = ChunkValidator.BatchRows / 64;

    readonly RejectedBlockEncoder _block = new(pool);
    readonly RowBatch _batch = batch;
    readonly byte[] _eventId = new byte[ObservedText.ScratchBytes], _observed = new byte[ObservedText.ScratchBytes];
    // By number of fields, for the chunks at hand.
    readonly Dictionary<int, string> _fieldCountMessages = [], _extraFieldMessages = [];
    readonly List<(BatchStart At, bool IsText)> _batches = [];
    readonly List<ulong> _bits = []; // WordsPerBatch for each of the batches
    // The chunks at hand and how far the pass has come in them.
    ChunkPlan _plan = null!;
    IReadOnlyList<ChunkRows> _chunks = [];
    ChunkRows? _chunk; // of the batch at hand
    bool _isText; // the batch at hand
    int _nextBatch, _word;
    ulong _rest;
    // Who gets the errors; null: the block.
    RejectedErrorVisitor? _visitor;
    bool _visitorIsDone;

    /// <summary>Which chunks are at hand: changes with every validation.</summary>
    public int Version { get; private set; }

    /// <summary>Begins other chunks; the blocks of the last ones can no longer be asked for.</summary>
    public void Begin(ChunkPlan plan, IReadOnlyList<ChunkRows> chunks)
    {
        Clear();
        (_plan, _chunks) = (plan, chunks);
    }

    public void Clear()
    {
        Version++;
        _batches.Clear();
        _fieldCountMessages.Clear();
        _extraFieldMessages.Clear();
        _bits.Clear();
        _block.Clear();
        _chunks = [];
        _chunk = null;
    }

    /// <summary>This batch has bad rows.</summary>
    /// <param name="isText">It is valid UTF-8 without NUL.</param>
    public void Remember(BatchStart start, bool isText, BadRowBitmap badRows)
    {
        _batches.Add((start, isText));
        var bits = badRows.Bits;
        for (var i = 0; i < WordsPerBatch; i++)
            _bits.Add(i < bits.Length ? bits[i] : 0);
    }

    /// <param name="version">The chunks whose blocks are asked for.</param>
    public IEnumerable<RejectedBlock> Blocks(int version)
    {
        (_nextBatch, _word, _rest) = (0, WordsPerBatch, 0);
        while (true)
        {
            if (version != Version)
                throw new InvalidOperationException("The validator has gone on to other chunks.");
            _block.Begin(_plan, _chunks[0].TenantId);
            FillBlock();
            if (_block.Entries == 0)
                yield break;
            yield return _block.End();
        }
    }

    /// <summary>Hands out the errors one by one instead of writing them into blocks.</summary>
    /// <param name="version">The chunks whose errors are asked for.</param>
    public void Visit(int version, RejectedErrorVisitor visitor)
    {
        if (version != Version)
            throw new InvalidOperationException("The validator has gone on to other chunks.");
        (_nextBatch, _word, _rest) = (0, WordsPerBatch, 0);
        (_visitor, _visitorIsDone) = (visitor, false);
        try
        {
            while (!_visitorIsDone && TryNextBadRow(out var row))
                AddErrors(row);
        }
        finally
        {
            _visitor = null;
        }
    }

    /// <summary>Adds rows until the block might not hold the errors of one more, or there are none left.</summary>
    void FillBlock()
    {
        var mostErrors = _plan.Encoders.Count + 1;
        while ((_block.Entries == 0 || _block.Entries + mostErrors <= MaxEntries) && _block.TextBytes < MaxTextBytes && TryNextBadRow(out var row))
            AddErrors(row);
    }

    /// <summary>The next bad row, by its place in the batch; reads the batch again where it is the first of it.</summary>
    bool TryNextBadRow(out int row)
    {
        row = 0;
        while (_rest == 0)
        {
            if (_word == WordsPerBatch)
            {
                if (_nextBatch == _batches.Count)
                    return false;
                (var start, _isText) = _batches[_nextBatch++];
                _chunk = _chunks[start.Chunk];
                _block.Begin(_chunk.JobId);
                var (line, isOpen) = (start.Line, start.IsOpen);
                _plan.Rows.Read(_chunk.Bytes.Span, start.Offset, ref line, ref isOpen, _batch);
                _word = 0;
            }

            _rest = _bits[(_nextBatch - 1) * WordsPerBatch + _word++];
        }

        row = (_word - 1) * 64 + BitOperations.TrailingZeroCount(_rest);
        _rest &= _rest - 1;
        return true;
    }

    void AddErrors(int rowInBatch)
    {
        var chunk = _chunk!.Bytes.Span;
        ref readonly var row = ref _batch.Rows[rowInBatch];
        var rowInChunk = _batches[_nextBatch - 1].At.Row + rowInBatch;
        var entry = new RowEntry
        {
            Number = _chunk.RowNumber(rowInChunk),
            Line = _chunk.LineNumber(rowInChunk, row.Line),
            Raw = chunk[row.Start..row.End],
        };

        if (row.Fault != RowFault.None)
        {
            if (row.Fault == RowFault.RepeatedHeader)
                Add(ref entry, _plan.RepeatedHeader, entry.Raw, isEscaped: false, RejectMessages.RepeatedHeader(entry.Line));
            else if (row.Fault == RowFault.Torn)
                Add(ref entry, _plan.MalformedQuotes, entry.Raw, isEscaped: false, RejectMessages.TornRow);
            else
                Add(ref entry, row.Fault == RowFault.TooLong ? _plan.RowTooLong : _plan.MalformedQuotes, entry.Raw, isEscaped: false);
            return;
        }

        var eventIdSlice = FieldBatch.Slice(chunk, _batch, _plan.Dialect, row, _plan.EventIdField);
        entry.EventId = ObservedText.Of(eventIdSlice.RawText(chunk), eventIdSlice.IsEscaped, _isText, _eventId, _plan.Dialect.EscapeOrQuote);

        for (var i = 0; i < _plan.Encoders.Count; i++)
        {
            var encoder = _plan.Encoders[i];
            var slice = FieldBatch.Slice(chunk, _batch, _plan.Dialect, row, encoder.Field);
            var code = _plan.Check(i, chunk, slice, _isText);
            if (code != RejectCode.None)
                Add(ref entry, _plan.Kind(i, code), slice.RawText(chunk), slice.IsEscaped);
        }

        if (row.FieldCount > _plan.FileColumns)
            AddExtraFields(ref entry, row);
        else if (_plan.IsTooShort(row.FieldCount))
            Add(ref entry, _plan.FieldCount, entry.Raw, isEscaped: false, FieldCount(row.FieldCount));
        if (entry.Errors == 0)
            throw new InvalidOperationException($"Row {entry.Number} was found bad, but no column says why.");
    }

    /// <summary>One error for all the fields that are too many: shows the first, or where there are several the rest of the row.</summary>
    void AddExtraFields(ref RowEntry entry, in RowSpan row)
    {
        var chunk = _chunk!.Bytes.Span;
        var slice = FieldBatch.Slice(chunk, _batch, _plan.Dialect, row, _plan.FileColumns);
        if (!_extraFieldMessages.TryGetValue(row.FieldCount, out var message))
            _extraFieldMessages.Add(row.FieldCount, message = $"{_plan.ExtraField.Message} {FieldCount(row.FieldCount)}");
        if (row.FieldCount == _plan.FileColumns + 1)
            Add(ref entry, _plan.ExtraField, slice.RawText(chunk), slice.IsEscaped, message);
        else
            Add(ref entry, _plan.ExtraField, chunk[(_batch.FieldEnds[row.FirstField + _plan.FileColumns - 1] + _plan.Dialect.DelimiterLength)..row.End],
                isEscaped: false, message);
    }

    string FieldCount(int fields)
    {
        if (!_fieldCountMessages.TryGetValue(fields, out var message))
            _fieldCountMessages.Add(fields, message = RejectMessages.FieldCount(fields, _plan.FileColumns));
        return message;
    }

    /// <param name="message">What is said of this row; null: what is said of all errors of the kind.</param>
    void Add(ref RowEntry entry, RejectKind kind, ReadOnlySpan<byte> text, bool isEscaped, string? message = null)
    {
        var observed = ObservedText.Of(text, isEscaped, _isText, _observed, _plan.Dialect.EscapeOrQuote);
        var seq = entry.Errors++;
        if (_visitor is null)
            _block.Add(kind, message, entry.Number, seq, entry.Line, entry.EventId, observed, entry.Raw);
        else if (!_visitorIsDone)
            _visitorIsDone = !_visitor(new()
            {
                Row = entry.Number, Line = entry.Line, Seq = seq, Column = kind.Column, Type = kind.Type, Error = kind.Error, Message = message ?? kind.Message,
                EventId = entry.EventId, Observed = observed, Raw = entry.Raw,
            });
    }

    /// <summary>What the errors of a row have in common.</summary>
    ref struct RowEntry
    {
        public long Number, Line;
        public ReadOnlySpan<byte> EventId, Raw;
        public int Errors;
    }
}
