using System.Text;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;
using Batch.Csv.Validation.Rejects;

namespace Batch.Csv.Validation.Native;

/// <summary>A CATEGORY: one of the allowed texts, or any where none are given, exactly as written.</summary>
/// <remarks>
/// Two numberings: the dictionary's, of all texts that are allowed or have been seen in the chunk, which is what staging holds;
/// and the block's, given out at Commit, so that a block has the keys that its rows use, in the order of their first use.
/// </remarks>
sealed class CategoryEncoder : ColumnEncoder
{
    const uint NullIndex = 0; // the block's first key where the column is optional; ClickHouse takes its text for a placeholder
    const int Null = -1;

    readonly bool _isClosed;
    readonly int _maxBytes; // of a value
    readonly Utf8Dictionary _texts = new();
    readonly int[] _staged;
    readonly LowCardinalityBuffer _block;
    uint[] _blockIndexes = []; // by number in the dictionary; one more than the index, 0 where the block does not have the text yet

    public CategoryEncoder(Column column, int field, int batchRows, PagePool pool) : base(column, field)
    {
        _isClosed = column.AllowedValues.Count > 0;
        _staged = new int[batchRows];
        var fixedBytes = StorageTypes.FixedBytes(column.StorageType);
        _maxBytes = fixedBytes ?? int.MaxValue;
        _block = new LowCardinalityBuffer(column.Name, column.ClickHouseType, pool, fixedBytes);
        foreach (var value in column.AllowedValues)
            _texts.FindOrAdd(Encoding.UTF8.GetBytes(value));
    }

    protected override bool ChecksEncoding => !_isClosed;

    public override void Reset()
    {
        base.Reset();
        if (Column.Optional)
            _block.AddKey(default);
        if (!_isClosed)
            _texts.Clear();
        Array.Clear(_blockIndexes);
        if (_blockIndexes.Length > 64 * 1024)
            _blockIndexes = [];
    }

    public override void Clear() => _block.Clear();

    public override void Encode(in FieldBatch fields, BadRowBitmap badRows)
    {
        var slices = fields.Slices;
        var isText = fields.IsText || _isClosed;
        for (var row = 0; row < slices.Length; row++)
        {
            var slice = slices[row];
            if (slice.Length > 0 && isText && slice.Length <= _maxBytes)
            {
                var text = fields.Chunk.Slice(slice.Start, slice.Length);
                var number = _isClosed ? _texts.Find(text) : _texts.FindOrAdd(text);
                _staged[row] = number;
                if (number >= 0)
                    continue;
            }

            _staged[row] = Rejects(fields, row, badRows) ? Null : EncodeAny(fields.Chunk, slice);
        }
    }

    /// <summary>For blanks, for texts with quotes in them and for chunks that are not all text.</summary>
    int EncodeAny(ReadOnlySpan<byte> chunk, FieldSlice slice)
    {
        var text = slice.RawText(chunk);
        if (text.IsEmpty)
            return Null;
        if (!slice.IsEscaped)
            return _texts.FindOrAdd(text);
        var unescaped = new byte[text.Length]; // rare enough: a category with a quotation mark in its name
        return _texts.FindOrAdd(unescaped.AsSpan(0, EscapedText.Unescape(text, unescaped)));
    }

    protected override RejectCode CheckText(ReadOnlySpan<byte> chunk, FieldSlice slice, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return CodeOf(ParseOutcome.Blank);
        if (!_isClosed)
            return EscapedText.Length(text, slice.IsEscaped) > _maxBytes ? RejectCode.OutOfRange : RejectCode.None;
        if (slice.IsEscaped)
        {
            var unescaped = new byte[text.Length];
            text = unescaped.AsSpan(0, EscapedText.Unescape(text, unescaped));
        }

        return CodeOf(_texts.Find(text) >= 0 ? ParseOutcome.Ok : ParseOutcome.Malformed);
    }

    public override void Commit(ReadOnlySpan<RowRun> goodRuns)
    {
        if (_blockIndexes.Length < _texts.Count)
            Array.Resize(ref _blockIndexes, Math.Max(_texts.Count, _blockIndexes.Length * 2));
        foreach (var run in goodRuns)
            foreach (var number in _staged.AsSpan(run.Start, run.Count))
                _block.Append(number == Null ? NullIndex : BlockIndex(number));
    }

    uint BlockIndex(int number)
    {
        ref var index = ref _blockIndexes[number];
        if (index == 0)
            index = _block.AddKey(_texts[number]) + 1;
        return index - 1;
    }

    public override void WriteTo(BlockAssembler block) => _block.WriteTo(block);
}
