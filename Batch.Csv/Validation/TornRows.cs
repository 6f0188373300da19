namespace Batch.Csv.Validation;

/// <summary>Finds rows that look whole and may be a piece of a value with line breaks of which a quote is missing.</summary>
/// <remarks>
/// <code>
/// "two                 the closing quote is lost: MALFORMED_QUOTES, and reading goes on with the next line,
/// lines,37,x           which has all its fields and is not the row that was written
///
/// 37,x,two             the opening quote is lost: this has all its fields and is not the row that was written,
/// lines"               as the next line shows
/// </code>
/// Only a quote that opens in the first field leaves a rest that looks whole, and only one that closes the last field leaves a beginning that
/// does. Nothing tells such a row from a good one, so it is rejected: MALFORMED_QUOTES too. Rows of one chunk are looked at.
/// </remarks>
sealed class TornRows(CsvDialect dialect, int columns)
{
    /// <summary>Lines of a value whose opening quote is lost: in a longer one it is not recognized.</summary>
    const int MaxLines = 64;

    readonly CsvTokenizer _tokenizer = new(dialect);
    readonly RowBatch _ahead = new() { Rows = new RowSpan[MaxLines] };

    /// <summary>Makes such rows of a batch faulty: without fields, as rows of malformed quotes are.</summary>
    /// <param name="end">Offset after the batch.</param>
    /// <param name="isOpen">Whether the rest of a value is awaited; in and out.</param>
    public void Mark(ReadOnlySpan<byte> chunk, RowBatch batch, int end, ref bool isOpen)
    {
        if (!dialect.HasQuotes)
            return;
        var rows = batch.Rows.AsSpan(0, batch.RowCount);
        var lastWhole = batch.Faults > 0 || isOpen ? MarkRows(chunk, rows, ref isOpen) : rows.Length - 1;
        if (lastWhole >= 0 && end < chunk.Length && EndsAhead(chunk[end..]))
            MarkTorn(ref rows[lastWhole]);
    }

    /// <returns>The last whole row, if there is no more than bad ones behind it; -1 otherwise.</returns>
    int MarkRows(ReadOnlySpan<byte> chunk, Span<RowSpan> rows, ref bool isOpen)
    {
        var lastWhole = -1;
        for (var i = 0; i < rows.Length; i++)
        {
            ref var row = ref rows[i];
            if (IsWhole(row))
            {
                if (isOpen)
                    MarkTorn(ref row);
                (lastWhole, isOpen) = (i, false);
            }
            else if (row.Fault == RowFault.MalformedQuotes)
            {
                var line = chunk[row.Start..row.End];
                if (lastWhole >= 0 && i - lastWhole <= MaxLines && IsEnd(line))
                    MarkTorn(ref rows[lastWhole]);
                // A quote in another line is where the value may have ended.
                (lastWhole, isOpen) = (-1, IsBeginning(line));
            }
        }
        return lastWhole;
    }

    /// <summary>What ends the value of a batch's last row may stand in the next batch.</summary>
    bool EndsAhead(ReadOnlySpan<byte> rest)
    {
        var first = rest.TrimStart("\r\n"u8);
        var length = first.IndexOfAny((byte)'\r', (byte)'\n');
        first = length < 0 ? first : first[..length];
        if (dialect.CountDelimiters(first) == columns - 1 && !first.Contains(dialect.Quote))
            return false; // as it mostly is
        var line = 0;
        _tokenizer.Read(rest, 0, ref line, _ahead);
        foreach (ref readonly var row in _ahead.Rows.AsSpan(0, _ahead.RowCount))
        {
            if (IsWhole(row))
                return false;
            if (row.Fault == RowFault.MalformedQuotes)
                return IsEnd(rest[row.Start..row.End]);
        }
        return false;
    }

    bool IsWhole(in RowSpan row) => row.Fault == RowFault.None && row.FieldCount == columns;

    static void MarkTorn(ref RowSpan row) => (row.Fault, row.FieldCount) = (RowFault.Torn, 0);

    /// <summary>The first field opens a quote that the line does not close.</summary>
    bool IsBeginning(ReadOnlySpan<byte> line)
    {
        var at = dialect.SkipPadding(line, 0);
        return at < line.Length && line[at] == dialect.Quote && ClosingQuote(line, at + 1) == line.Length;
    }

    /// <summary>Inside quotes from its start on, the line ends with the closing one; and it has too few separators to be a row of its own.</summary>
    bool IsEnd(ReadOnlySpan<byte> line)
    {
        if (columns > 1 && dialect.CountDelimiters(line) >= columns - 1)
            return false;
        var quote = ClosingQuote(line, 0);
        return quote < line.Length && dialect.SkipPadding(line, quote + 1) == line.Length;
    }

    /// <summary>Where the quoted text that goes on at <paramref name="at"/> is closed; the line's length where it is not.</summary>
    int ClosingQuote(ReadOnlySpan<byte> line, int at)
    {
        for (; at < line.Length; at++)
        {
            if (line[at] == dialect.Quote && (dialect.Escape != 0 || at + 1 == line.Length || line[at + 1] != dialect.Quote))
                return at;
            if (line[at] == dialect.EscapeOrQuote)
                at++;
        }
        return line.Length;
    }
}
