namespace Batch.Csv;

/// <summary>Finds the end of one row at a time, for rows that the 64-byte blocks cannot decide.</summary>
/// <remarks>
/// Chunker and tokenizer share this class, so they cannot disagree. A row is first of all a line: if it is longer than MaxRowBytes, it is
/// TOO_LONG whatever it contains. Later lines matter only if a quoted field is open at the end of the line.
/// </remarks>
sealed class RowBoundaryFinder(CsvDialect dialect)
{
    QuoteLookahead _lookahead = new(dialect);
    long _walked;

    /// <inheritdoc cref="QuoteLookahead.KnownUntil"/>
    public int KnownUntil => _lookahead.KnownUntil;

    /// <inheritdoc cref="QuoteLookahead.Walked"/>
    public long Walked => _walked + _lookahead.Walked;

    /// <inheritdoc cref="QuoteLookahead.Forget"/>
    public void Forget() => _lookahead.Forget();

    /// <summary>Finds the end of the row whose first byte, not a line break, is at <paramref name="start"/>.</summary>
    /// <param name="data">The part of the file read so far.</param>
    /// <param name="start">Offset of a row's first byte.</param>
    /// <param name="isFinal"><paramref name="data"/> is the end of the file; the outcome is then never Undecided.</param>
    public RowBoundary Find(ReadOnlySpan<byte> data, int start, bool isFinal)
    {
        var rest = data[start..];
        var isCut = rest.Length > dialect.MaxRowBytes;
        var window = isCut ? rest[..(dialect.MaxRowBytes + 1)] : rest;
        var length = window.IndexOfAny((byte)'\n', (byte)'\r');
        _walked += length < 0 ? window.Length : length;
        if (length < 0)
        {
            if (isCut)
                return new(RowOutcome.TooLong, -1, -1);
            if (!isFinal)
                return new(RowOutcome.Undecided, -1, -1);
            length = window.Length;
        }

        var lineEnd = start + length;
        return JudgeLine(window[..length]) switch
        {
            RowOutcome.WellFormed => new(RowOutcome.WellFormed, lineEnd, lineEnd),
            RowOutcome.Undecided when lineEnd < data.Length => _lookahead.Find(data, start, lineEnd, isFinal),
            _ => new(RowOutcome.MalformedQuotes, lineEnd, lineEnd),
        };
    }

    /// <summary>Undecided: a quoted field is open at the line's end.</summary>
    RowOutcome JudgeLine(ReadOnlySpan<byte> line)
    {
        if (!dialect.HasQuotes || (!line.Contains(dialect.Quote) && (dialect.Escape == 0 || !line.Contains(dialect.Escape))))
            return RowOutcome.WellFormed;

        while (true)
        {
            var start = dialect.SkipPadding(line, 0);
            int end;
            if (start < line.Length && line[start] == dialect.Quote)
            {
                var length = QuotedLength(line[start..]);
                if (length < 0)
                    return length == WrongEscape ? RowOutcome.MalformedQuotes : RowOutcome.Undecided;
                end = dialect.SkipPadding(line, start + length);
                if (end < line.Length && !dialect.IsDelimiterAt(line, end))
                    return RowOutcome.MalformedQuotes;
            }
            else
            {
                end = dialect.IndexOfDelimiter(line);
                end = end < 0 ? line.Length : end;
                if (dialect.IsFaultyUnquoted(line[..end]))
                    return RowOutcome.MalformedQuotes;
            }
            if (end == line.Length)
                return RowOutcome.WellFormed;
            line = line[(end + dialect.DelimiterLength)..];
        }
    }

    /// <summary>Notes where the fields of a well-formed row end.</summary>
    /// <returns>How many there are; only as many as <paramref name="ends"/> holds are noted.</returns>
    public int Split(ReadOnlySpan<byte> data, int start, int end, Span<int> ends)
    {
        for (var count = 0; ; count++)
        {
            var rest = data[start..end];
            var first = dialect.SkipPadding(rest, 0);
            var length = first < rest.Length && dialect.IsQuote(rest[first])
                ? dialect.SkipPadding(rest, first + QuotedLength(rest[first..]))
                : dialect.IndexOfDelimiter(rest);
            var fieldEnd = length < 0 ? end : start + length;
            if (count < ends.Length)
                ends[count] = fieldEnd;
            if (fieldEnd == end)
                return count + 1;
            start = fieldEnd + dialect.DelimiterLength;
        }
    }

    const int WrongEscape = -2;

    /// <summary>Length of the quoted field that <paramref name="text"/> starts with, quotes included; -1 where it is not closed.</summary>
    /// <returns><see cref="WrongEscape"/> where something is escaped that need not be: a line break too.</returns>
    int QuotedLength(ReadOnlySpan<byte> text)
    {
        if (dialect.Escape != 0)
            return EscapedLength(text);
        for (var at = 1; ; at++)
        {
            var quote = text[at..].IndexOf(dialect.Quote);
            if (quote < 0)
                return -1;
            at += quote + 1;
            if (at == text.Length || text[at] != dialect.Quote)
                return at;
        }
    }

    int EscapedLength(ReadOnlySpan<byte> text)
    {
        for (var at = 1; ; at += 2)
        {
            var next = text[at..].IndexOfAny(dialect.Quote, dialect.Escape);
            if (next < 0)
                return -1;
            at += next;
            if (text[at] == dialect.Quote)
                return at + 1;
            if (at + 1 == text.Length || (text[at + 1] != dialect.Quote && text[at + 1] != dialect.Escape))
                return WrongEscape;
        }
    }
}
