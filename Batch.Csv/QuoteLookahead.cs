namespace Batch.Csv;

/// <summary>Where does a quoted field that is open at a line break lead?</summary>
/// <remarks>
/// The idea: a stray quote opens a field that may run on for MaxRowBytes before it proves wrong, and then the search restarts at the next
/// line. A hostile file (<c>a","</c> on every line) makes every line such a row: searched one by one, each byte would be read
/// as often as there are lines within MaxRowBytes. But all of these rows share one track: a row that is inside quotes at a line break
/// continues exactly like the one before. So the track is kept and only ever extended.
/// Invariant: from <c>_from</c> to <c>_position</c> the track has met neither a row end nor a wrong quote, and it was inside quotes at every
/// line break between them.
/// </remarks>
struct QuoteLookahead(CsvDialect dialect)
{
    const byte Quote = (byte)'"';

    enum State : byte { InQuotes, AfterQuote, AfterField, FieldStart, Unquoted, RowEnd, Wrong }

    int _from;
    int _position;
    State _state;

    /// <summary>Line breaks before this offset that are inside quotes are on the track: asking costs next to nothing.</summary>
    public readonly int KnownUntil => _position;

    /// <summary>Bytes read so far; tests compare it with the size of the file.</summary>
    public long Walked { get; private set; }

    /// <summary>The offsets now refer to other bytes.</summary>
    public void Forget() => (_from, _position) = (0, 0);

    /// <summary>Finds the end of the row at <paramref name="rowStart"/>, whose quoted field is open at the line break at <paramref name="lineEnd"/>.</summary>
    public RowBoundary Find(ReadOnlySpan<byte> data, int rowStart, int lineEnd, bool isFinal)
    {
        if (lineEnd < _from || lineEnd >= _position)
            (_from, _position, _state) = (lineEnd, lineEnd, State.InQuotes);

        // A row that ends at offset MaxRowBytes still fits: that byte is the last one worth a look.
        var limit = data.Length - rowStart > dialect.MaxRowBytes ? rowStart + dialect.MaxRowBytes + 1 : data.Length;
        var before = _position;
        while (_position < limit && _state < State.RowEnd)
            Step(data[..limit]);
        Walked += _position - before;

        if (_state == State.RowEnd && _position - rowStart <= dialect.MaxRowBytes)
            return new(RowOutcome.WellFormed, lineEnd, _position);
        if (_state >= State.RowEnd || _position - rowStart > dialect.MaxRowBytes)
            return new(RowOutcome.MalformedQuotes, lineEnd, lineEnd);
        if (!isFinal)
            return new(RowOutcome.Undecided, lineEnd, -1);
        return _state == State.InQuotes
            ? new(RowOutcome.MalformedQuotes, lineEnd, lineEnd)
            : new(RowOutcome.WellFormed, lineEnd, _position);
    }

    void Step(ReadOnlySpan<byte> data)
    {
        var next = data[_position];
        switch (_state)
        {
            case State.InQuotes:
                var quote = data[_position..].IndexOf(Quote);
                _position = quote < 0 ? data.Length : _position + quote + 1;
                _state = quote < 0 ? State.InQuotes : State.AfterQuote;
                break;
            case State.AfterQuote when next == Quote:
            case State.FieldStart when next == Quote:
                _position++;
                _state = State.InQuotes;
                break;
            case State.AfterQuote or State.AfterField when dialect.IsPadding(next):
                (_position, _state) = (dialect.SkipPadding(data, _position), State.AfterField);
                break;
            case State.FieldStart when dialect.IsPadding(next):
                _position = dialect.SkipPadding(data, _position);
                break;
            case State.AfterQuote or State.AfterField when next != dialect.Delimiter && next is not ((byte)'\n' or (byte)'\r'):
                _state = State.Wrong;
                break;
            default:
                var end = dialect.Quotes == QuoteRule.Strict
                    ? data[_position..].IndexOfAny([dialect.Delimiter, (byte)'\n', (byte)'\r', Quote])
                    : data[_position..].IndexOfAny(dialect.Delimiter, (byte)'\n', (byte)'\r');
                _position = end < 0 ? data.Length : _position + end;
                if (end < 0)
                    _state = State.Unquoted;
                else if (data[_position] == Quote)
                    _state = State.Wrong;
                else if (data[_position] != dialect.Delimiter)
                    _state = State.RowEnd;
                else
                    (_position, _state) = (_position + 1, State.FieldStart);
                break;
        }
    }
}
