namespace Batch.Core.Csv;

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
/// The scan keeps nothing but the start of the row in hand. Whatever interrupts it (end of data, a limit, a row for the
/// <see cref="RowJudge"/>), it goes on from there as from the start of a file: outside quotes, after a line break.
/// </remarks>
sealed partial class RowScanner(CsvDialect dialect, bool allowBlocks)
{
    readonly RowJudge _judge = new(dialect);
    // In shorter rows than a block is, more than the row in hand could be over-long.
    readonly bool _useBlocks = allowBlocks && dialect.MaxRowBytes >= ByteBlock.Size;
    bool _afterCr;
    long _walked;

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

    /// <summary>After <see cref="ScanStop.LongLine"/>: where its row starts.</summary>
    public int LongLineStart { get; private set; }

    /// <summary>Bytes looked at, each as often as it was; tests hold it against the size of the file.</summary>
    public long Walked => _walked + _judge.Walked;

    /// <summary>Counts afresh from here: a new chunk.</summary>
    public void Begin() => (Rows, Lines, LinesBeforeFirstRow, FirstRow) = (0, 0, 0, RowStart);

    /// <summary>The bytes have moved: <see cref="RowStart"/> and <see cref="FirstRow"/> are elsewhere now.</summary>
    public void Move(int rowStart, int firstRow)
    {
        _judge.Forget();
        (RowStart, FirstRow) = (rowStart, firstRow);
    }

    /// <summary>Goes on with the line break that ends an over-long line.</summary>
    public void EndLongLine(int position)
    {
        _judge.Forget();
        (RowStart, _afterCr) = (position, false);
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
            SkipLineBreaks(data);
            if (_useBlocks)
            {
                ScanBlocks(data, endLimit, rowLimit);
                SkipLineBreaks(data);
            }
            if (Rows == rowLimit)
                return ScanStop.Full;
            if (RowStart == data.Length)
                return ScanStop.EndOfData;
            if (Judge(data, isFinal, endLimit) is { } stop)
                return stop;
        }
    }

    /// <summary>Takes the row at <see cref="RowStart"/>; null: go on.</summary>
    ScanStop? Judge(ReadOnlySpan<byte> data, bool isFinal, int endLimit)
    {
        var start = RowStart;
        var verdict = _judge.Judge(data, start, isFinal);
        switch (verdict.Outcome)
        {
            case RowOutcome.Undecided:
                // The first line alone passes the limit: more data would not make the row fit.
                return (verdict.LineEnd < 0 ? data.Length : verdict.LineEnd) > endLimit ? ScanStop.Full : ScanStop.EndOfData;
            case RowOutcome.TooLong:
                if (endLimit - start <= dialect.MaxRowBytes)
                    return ScanStop.Full;
                Rows++;
                LongLineStart = start;
                return ScanStop.LongLine;
            default:
                if (verdict.End > endLimit)
                    return ScanStop.Full;
                Rows++;
                Lines += LineBreaks.Count(data[start..verdict.End]);
                (RowStart, _afterCr) = (verdict.End, false);
                return null;
        }
    }

    /// <summary>Passes line breaks and blank lines.</summary>
    public void SkipLineBreaks(ReadOnlySpan<byte> data)
    {
        var at = RowStart;
        while (at < data.Length && data[at] is (byte)'\n' or (byte)'\r')
        {
            if (data[at] == (byte)'\r' || !_afterCr)
                Lines++;
            _afterCr = data[at] == (byte)'\r';
            at++;
        }
        RowStart = at;
        if (Rows == 0)
            (FirstRow, LinesBeforeFirstRow) = (at, Lines);
    }
}
