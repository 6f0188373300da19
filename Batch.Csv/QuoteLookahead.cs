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
    enum State : byte { InQuotes, AfterEscape, AfterQuote, AfterField, FieldStart, NullMarker, AfterNull, Unquoted, RowEnd, Wrong }

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
        // The rest of a delimiter that begins there too: other rows share the track, whose limit is further on.
        var window = data[..Math.Min(data.Length, limit + dialect.DelimiterRest.Length)];
        var isEnd = isFinal && window.Length == data.Length;
        while (_position < limit && _state < State.RowEnd && TryStep(window, isEnd))
        {
        }
        Walked += _position - before;

        if (_state == State.RowEnd && _position - rowStart <= dialect.MaxRowBytes)
            return new(RowOutcome.WellFormed, lineEnd, _position);
        if (_state >= State.RowEnd || _position - rowStart > dialect.MaxRowBytes)
            return new(RowOutcome.MalformedQuotes, lineEnd, lineEnd);
        if (!isFinal)
            return new(RowOutcome.Undecided, lineEnd, -1);
        return _state is State.InQuotes or State.AfterEscape or State.NullMarker
            ? new(RowOutcome.MalformedQuotes, lineEnd, lineEnd)
            : new(RowOutcome.WellFormed, lineEnd, _position);
    }

    /// <summary>False: what comes next is not decided by the bytes at hand.</summary>
    /// <param name="isEnd">Nothing after <paramref name="data"/> counts.</param>
    bool TryStep(ReadOnlySpan<byte> data, bool isEnd)
    {
        var next = data[_position];
        // A delimiter of several bytes of which only the first have come.
        if (!isEnd && !dialect.DelimiterRest.IsEmpty && _state is not (State.InQuotes or State.AfterEscape)
            && data.Length - _position < dialect.DelimiterLength)
            return false;
        switch (_state)
        {
            case State.InQuotes:
                var rest = data[_position..];
                var special = dialect.Escape == 0 ? rest.IndexOf(dialect.Quote) : rest.IndexOfAny(dialect.Quote, dialect.Escape);
                _position = special < 0 ? data.Length : _position + special + 1;
                _state = special < 0 ? State.InQuotes : rest[special] == dialect.Quote ? State.AfterQuote : State.AfterEscape;
                break;
            case State.AfterEscape:
                (_position, _state) = (_position + 1, next == dialect.Quote || next == dialect.Escape ? State.InQuotes : State.Wrong);
                break;
            case State.AfterQuote when next == dialect.Quote && dialect.Escape == 0:
            case State.FieldStart when next == dialect.Quote:
                _position++;
                _state = State.InQuotes;
                break;
            case State.AfterQuote or State.AfterField when dialect.IsPadding(next):
                (_position, _state) = (dialect.SkipPadding(data, _position), State.AfterField);
                break;
            case State.FieldStart when dialect.IsPadding(next):
                _position = dialect.SkipPadding(data, _position);
                break;
            // An escape outside quotes, which only \N may be.
            case State.FieldStart when next == (byte)'\\' && dialect.Escape == next && dialect.Quotes == QuoteRule.Strict:
                (_position, _state) = (_position + 1, State.NullMarker);
                break;
            case State.NullMarker:
                (_position, _state) = (_position + 1, next == (byte)'N' ? State.AfterNull : State.Wrong);
                break;
            case State.AfterQuote or State.AfterField or State.AfterNull
                when !dialect.IsDelimiterAt(data, _position) && next is not ((byte)'\n' or (byte)'\r'):
                _state = State.Wrong;
                break;
            default:
                ReadUnquoted(data);
                break;
        }
        return true;
    }

    /// <summary>On to the delimiter, the line break or the fault that comes next.</summary>
    void ReadUnquoted(ReadOnlySpan<byte> data)
    {
        var rest = data[_position..];
        var end = dialect.Quotes != QuoteRule.Strict ? rest.IndexOfAny(dialect.Delimiter, (byte)'\n', (byte)'\r')
            : rest.IndexOfAny([dialect.Delimiter, (byte)'\n', (byte)'\r', dialect.Quote, dialect.EscapeOrQuote]);
        _position = end < 0 ? data.Length : _position + end;
        if (end < 0)
            _state = State.Unquoted;
        else if (dialect.IsDelimiterAt(data, _position))
            (_position, _state) = (_position + dialect.DelimiterLength, State.FieldStart);
        else if (rest[end] is (byte)'\n' or (byte)'\r')
            _state = State.RowEnd;
        else if (dialect.Quotes == QuoteRule.Strict && (rest[end] == dialect.Quote || rest[end] == dialect.EscapeOrQuote))
            _state = State.Wrong;
        else // the first byte of a delimiter that is none
            (_position, _state) = _position + dialect.DelimiterLength <= data.Length || end == 0
                ? (_position + 1, State.Unquoted)
                : (_position, State.Unquoted);
    }
}
