namespace Batch.Csv;

/// <summary>Why a scan stopped.</summary>
enum ScanStop : byte
{
    /// <summary>The data ends within the row at <see cref="RowScanner.RowStart"/>, or before it.</summary>
    EndOfData,
    /// <summary>One more row would pass a limit.</summary>
    Full,
    /// <summary>The line of the row just counted is longer than a row may be; see <see cref="RowScanner.LongLineStart"/>.</summary>
    LongLine,
}

/// <summary>Counts rows and line breaks and knows where a chunk may end: between the rows.</summary>
/// <remarks>
/// The scan keeps only the start of the current row. Whatever interrupts it (end of data, a limit, a row for
/// <see cref="RowBoundaryFinder"/>), it resumes there as at the start of a file: outside quotes, after a line break.
/// </remarks>
sealed partial class RowScanner(CsvDialect dialect, bool allowBlocks)
{
    readonly RowBoundaryFinder _boundaries = new(dialect);
    // In shorter rows than a block is, more than the row in hand could be over-long.
    bool _useBlocks = allowBlocks && dialect.FitsBlocks && dialect.MaxRowBytes >= ByteBlock.Size;
    bool _isOneColumn;
    // In a file of one column: the line break at RowStart ends the row before.
    bool _awaitsTerminator;
    bool _afterCr;
    long _walked;
    long _quotedLines;

    /// <summary>Start of the first row that has not been counted; line breaks may stand before it.</summary>
    public int RowStart { get; private set; }

    /// <summary>Start of the first row counted; <see cref="RowStart"/> while there is none.</summary>
    public int FirstRow { get; private set; }

    /// <summary>Rows counted since <see cref="Begin"/>.</summary>
    public int Rows { get; private set; }

    /// <summary>Line breaks before <see cref="RowStart"/>, CR LF being one, since <see cref="Begin"/>.</summary>
    public int Lines { get; private set; }

    /// <summary>Line breaks before <see cref="FirstRow"/>.</summary>
    public int LinesBeforeFirstRow { get; private set; }

    /// <summary>Line breaks inside quotes, in all rows so far.</summary>
    public long QuotedLines => _quotedLines;

    /// <summary>Lines that are comments, in all of the file so far.</summary>
    public long CommentLines { get; private set; }

    /// <summary>Where there are comments: bytes between the end of the last row and <see cref="RowStart"/>.</summary>
    public int Gap { get; private set; }

    /// <summary>After <see cref="ScanStop.LongLine"/>: where its row starts.</summary>
    public int LongLineStart { get; private set; }

    /// <summary>Bytes looked at, each as often as it was; tests hold it against the size of the file.</summary>
    public long Walked => _walked + _boundaries.Walked;

    /// <summary>From here on the file has one column: each line is a row, a blank one too.</summary>
    /// <param name="isAfterHeader">The header line's line break comes next.</param>
    public void BeginOneColumn(bool isAfterHeader) => (_isOneColumn, _awaitsTerminator, _useBlocks) = (true, isAfterHeader, false);

    /// <summary>Passes one line, whatever is in it. False: it has not all come yet.</summary>
    public bool TrySkipLine(ReadOnlySpan<byte> data, bool isFinal)
    {
        var length = data[RowStart..].IndexOfAny((byte)'\n', (byte)'\r');
        var end = length < 0 ? data.Length : RowStart + length;
        if (!isFinal && end + 1 >= data.Length)
            return false;
        length = LineBreaks.LengthAt(data, end);
        (RowStart, FirstRow, Lines) = (end + length, end + length, Lines + (length > 0 ? 1 : 0));
        return true;
    }

    /// <summary>Counts afresh from here: a new chunk.</summary>
    public void Begin() => (Rows, Lines, LinesBeforeFirstRow, FirstRow) = (0, 0, 0, RowStart);

    /// <summary>The bytes have moved: <see cref="RowStart"/> and <see cref="FirstRow"/> are elsewhere now.</summary>
    public void Move(int rowStart, int firstRow)
    {
        _boundaries.Forget();
        (RowStart, FirstRow) = (rowStart, firstRow);
    }

    /// <summary>Goes on with the line break that ends an over-long line.</summary>
    public void EndLongLine(int position)
    {
        _boundaries.Forget();
        (RowStart, _afterCr, _awaitsTerminator, Gap) = (position, false, _isOneColumn, 0);
    }

    /// <summary>Counts rows from <see cref="RowStart"/> on.</summary>
    /// <param name="data">What is there of the file.</param>
    /// <param name="isFinal">Nothing comes after <paramref name="data"/>.</param>
    /// <param name="endLimit">A row must end at or before this offset; its line break need not.</param>
    /// <param name="rowLimit">No more rows than this.</param>
    public ScanStop Scan(ReadOnlySpan<byte> data, bool isFinal, int endLimit, int rowLimit)
    {
        while (true)
        {
            if (Rows == rowLimit)
                return ScanStop.Full;
            if (!TrySkipToRow(data, isFinal))
                return ScanStop.EndOfData;
            if (_useBlocks)
            {
                ScanBlocks(data, endLimit, rowLimit);
                SkipLineBreaks(data);
                if (Rows == rowLimit)
                    return ScanStop.Full;
            }
            if (RowStart == data.Length)
                return ScanStop.EndOfData;
            if (TakeOne(data, isFinal, endLimit) is { } stop)
                return stop;
        }
    }

    /// <summary>Takes the row at <see cref="RowStart"/>; null: continue.</summary>
    ScanStop? TakeOne(ReadOnlySpan<byte> data, bool isFinal, int endLimit)
    {
        var start = RowStart;
        var boundary = _boundaries.Find(data, start, isFinal);
        switch (boundary.Outcome)
        {
            case RowOutcome.Undecided:
                // The first line alone passes the limit: more data would not make the row fit.
                return (boundary.LineEnd < 0 ? data.Length : boundary.LineEnd) > endLimit ? ScanStop.Full : ScanStop.EndOfData;
            case RowOutcome.TooLong:
                if (endLimit - start <= dialect.MaxRowBytes + (_isOneColumn ? LineBreaks.Longest : 0))
                    return ScanStop.Full;
                Rows++;
                LongLineStart = start;
                return ScanStop.LongLine;
            default:
                if (boundary.End > endLimit)
                    return ScanStop.Full;
                if (_isOneColumn)
                    return TakeLine(data, boundary.End, isFinal, endLimit);
                Rows++;
                var lines = LineBreaks.Count(data[start..boundary.End]);
                (Lines, _quotedLines) = (Lines + lines, _quotedLines + lines);
                (RowStart, _afterCr, Gap) = (boundary.End, false, 0);
                return null;
        }
    }

    /// <summary>Takes a row of a file of one column with the line break that ends it, without which a blank row would be nothing at all.</summary>
    ScanStop? TakeLine(ReadOnlySpan<byte> data, int end, bool isFinal, int endLimit)
    {
        // Whether a CR at the end of the data is half of a CR LF is not known yet.
        if (!isFinal && (end == data.Length || (data[end] == (byte)'\r' && end + 1 == data.Length)))
            return ScanStop.EndOfData;
        var next = end + LineBreaks.LengthAt(data, end);
        if (next > endLimit)
            return ScanStop.Full;
        Rows++;
        Lines += LineBreaks.Count(data[RowStart..next]);
        (RowStart, Gap) = (next, 0);
        return null;
    }

    /// <summary>Passes what stands before the next row. False: that has not all come yet.</summary>
    public bool TrySkipToRow(ReadOnlySpan<byte> data, bool isFinal)
    {
        if (_awaitsTerminator && !TryEndRow(data, isFinal))
            return false;
        SkipLineBreaks(data);
        return dialect.Comment.IsEmpty || TrySkipComments(data, isFinal);
    }

    bool TrySkipComments(ReadOnlySpan<byte> data, bool isFinal)
    {
        while (true)
        {
            var end = dialect.CommentEnd(data, RowStart, isFinal, out var isUndecided);
            // Whether a CR at the end of the data is half of a CR LF is not known yet.
            if (isUndecided || (end >= 0 && !isFinal && end + 1 >= data.Length))
                return false;
            if (end < 0)
                return true;
            var next = end + LineBreaks.LengthAt(data, end);
            CommentLines++;
            Gap += next - RowStart;
            Lines += next > end ? 1 : 0;
            (RowStart, _afterCr) = (next, false);
            if (Rows == 0)
                (FirstRow, LinesBeforeFirstRow) = (RowStart, Lines);
            SkipLineBreaks(data);
        }
    }

    /// <summary>Passes the line break that ends the row before. False: it has not come yet.</summary>
    bool TryEndRow(ReadOnlySpan<byte> data, bool isFinal)
    {
        var length = LineBreaks.LengthAt(data, RowStart);
        if (!isFinal && RowStart + Math.Max(1, length) >= data.Length && (length == 0 || data[RowStart] == (byte)'\r'))
            return false;
        RowStart += length;
        Lines += length > 0 ? 1 : 0;
        _awaitsTerminator = false;
        if (Rows == 0)
            (FirstRow, LinesBeforeFirstRow) = (RowStart, Lines);
        return true;
    }

    /// <summary>Passes line breaks and blank lines; in a file of one column these are rows.</summary>
    void SkipLineBreaks(ReadOnlySpan<byte> data)
    {
        if (_isOneColumn)
            return;
        var at = RowStart;
        while (at < data.Length && data[at] is (byte)'\n' or (byte)'\r')
        {
            if (data[at] == (byte)'\r' || !_afterCr)
                Lines++;
            _afterCr = data[at] == (byte)'\r';
            at++;
        }
        Gap += at - RowStart;
        RowStart = at;
        if (Rows == 0)
            (FirstRow, LinesBeforeFirstRow) = (at, Lines);
    }
}
