namespace Batch.Csv;

/// <summary>Finds the rows and fields of a chunk.</summary>
/// <remarks>
/// One forward pass over a chunk that starts at a row start; deterministic; same grammar as the chunker. Not for several threads.
/// <para>Map: <see cref="BlockGrammar"/> turns 64 bytes into masks, <c>TakeBlocks</c> turns masks into rows, <see cref="RowBoundaryFinder"/> decides
/// on the rows that masks cannot, <see cref="ScalarCsvTokenizer"/> is the reference. BATCH_CSV=scalar uses only the last.</para>
/// </remarks>
public sealed partial class CsvTokenizer
{
    readonly CsvDialect _dialect;
    readonly ScalarCsvTokenizer _scalar;
    readonly RowBoundaryFinder _boundaries;
    readonly bool _isScalar;
    readonly bool _useBlocks;
    long _walked;
    int _offset;

    public CsvTokenizer(CsvDialect dialect) : this(dialect, !ByteBlock.IsEnabled)
    {
    }

    internal CsvTokenizer(CsvDialect dialect, bool isScalar)
    {
        (_dialect, _isScalar) = (dialect, isScalar);
        (_scalar, _boundaries) = (new(dialect), new(dialect));
        // Blocks skip blank lines.
        _useBlocks = !isScalar && !dialect.IsOneColumn && dialect.FitsBlocks && dialect.MaxRowBytes >= ByteBlock.Size;
    }

    /// <summary>Bytes read, counting repeated reads; tests compare it with the size of the chunk.</summary>
    internal long Walked => _walked + _boundaries.Walked;

    /// <summary>Takes rows from <paramref name="chunk"/> into <paramref name="batch"/> (cleared first) until it is full or the chunk ends.</summary>
    /// <param name="chunk">Unchanged between the calls that read it.</param>
    /// <param name="offset">0 at first, then what the last call returned.</param>
    /// <param name="line">Line breaks passed so far, in and out.</param>
    /// <param name="batch">Full is also one with little room left. Its arrays grow only where one row has more fields than they hold.</param>
    /// <returns>The offset after the last row taken; the chunk's length at its end.</returns>
    public int Read(ReadOnlySpan<byte> chunk, int offset, ref int line, RowBatch batch)
    {
        if (_isScalar || batch.Rows.Length < MinRows || batch.FieldEnds.Length < MinFieldEnds)
            return _scalar.Read(chunk, offset, ref line, batch);

        // What is known of the bytes ahead holds only while they are the same bytes.
        if (offset == 0 || offset != _offset)
            _boundaries.Forget();
        batch.Clear();
        while (true)
        {
            if (!_dialect.IsOneColumn)
                offset = SkipLineBreaks(chunk, offset, ref line);
            if (!_dialect.Comment.IsEmpty)
                offset = SkipComments(chunk, offset, ref line);
            if (_useBlocks)
                offset = SkipLineBreaks(chunk, TakeBlocks(chunk, offset, ref line, batch), ref line);
            if (offset == chunk.Length || !HasRoom(batch) || !TryTakeRow(chunk, ref offset, ref line, batch))
                return _offset = offset;
            if (_dialect.IsOneColumn && LineBreaks.LengthAt(chunk, offset) is var length and > 0)
            {
                offset += length;
                line++;
            }
        }
    }

    /// <summary>Takes one row, of whatever kind. False: its fields do not fit into what is left of the batch.</summary>
    bool TryTakeRow(ReadOnlySpan<byte> chunk, ref int offset, ref int line, RowBatch batch)
    {
        var boundary = _boundaries.Find(chunk, offset, isFinal: true);
        var row = new RowSpan { Start = offset, End = boundary.End, FirstField = batch.FieldCount, Line = line };
        var next = boundary.End;
        switch (boundary.Outcome)
        {
            case RowOutcome.WellFormed:
                row.FieldCount = _boundaries.Split(chunk, row.Start, row.End, batch.FieldEnds.AsSpan(batch.FieldCount));
                if (row.FieldCount > batch.FieldEnds.Length - batch.FieldCount)
                {
                    if (batch.RowCount > 0)
                        return false;
                    batch.FieldEnds = new int[row.FieldCount + MinFieldEnds];
                    _boundaries.Split(chunk, row.Start, row.End, batch.FieldEnds);
                }
                line += LineBreaks.Count(chunk[row.Start..row.End]);
                break;
            case RowOutcome.MalformedQuotes:
                row.Fault = RowFault.MalformedQuotes;
                break;
            default:
                row.Fault = RowFault.TooLong;
                row.End = offset + _dialect.MaxRowBytes + 1;
                var rest = chunk[row.End..].IndexOfAny((byte)'\n', (byte)'\r');
                next = rest < 0 ? chunk.Length : row.End + rest;
                break;
        }

        batch.FieldCount += row.FieldCount;
        batch.Faults += row.Fault == RowFault.None ? 0 : 1;
        batch.Rows[batch.RowCount++] = row;
        offset = next;
        return true;
    }

    int SkipComments(ReadOnlySpan<byte> chunk, int offset, ref int line)
    {
        for (int end; (end = _dialect.CommentEnd(chunk, offset, isFinal: true, out _)) >= 0;)
        {
            if (!_dialect.IsOneColumn)
            {
                offset = SkipLineBreaks(chunk, end, ref line);
                continue;
            }
            var length = LineBreaks.LengthAt(chunk, end);
            line += length > 0 ? 1 : 0;
            offset = end + length;
        }
        return offset;
    }

    static int SkipLineBreaks(ReadOnlySpan<byte> chunk, int offset, ref int line)
    {
        for (; offset < chunk.Length && chunk[offset] is (byte)'\n' or (byte)'\r'; offset++)
            if (chunk[offset] == (byte)'\r' || !IsAfterCr(chunk, offset))
                line++;
        return offset;
    }

    static bool IsAfterCr(ReadOnlySpan<byte> chunk, int offset) => offset > 0 && chunk[offset - 1] == (byte)'\r';
}
