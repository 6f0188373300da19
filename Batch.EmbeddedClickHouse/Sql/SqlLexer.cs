namespace Batch.EmbeddedClickHouse.Sql;

/// <summary>Cuts SQL bytes into tokens; whitespace and comments are passed over.</summary>
/// <remarks>
/// It knows just enough of ClickHouse's syntax not to be misled by what stands inside quotes and comments:
/// <c>'it''s \' one'</c>, <c>`a`</c>, <c>"b"</c>, <c>$tag$ heredoc $tag$</c>, <c>-- line</c>, <c># line</c>, <c>/* block */</c>.
/// </remarks>
internal ref struct SqlLexer(ReadOnlySpan<byte> text)
{
    readonly ReadOnlySpan<byte> _text = text;
    int _position;

    /// <summary>The next token; at the end of the text one of kind <see cref="SqlTokenKind.End"/>.</summary>
    internal SqlToken Next()
    {
        SkipBlanks();
        var start = _position;
        if (start >= _text.Length)
        {
            return new SqlToken(SqlTokenKind.End, start, start);
        }
        var first = _text[start];
        var kind = SqlTokenKind.Symbol;
        if (IsWordByte(first))
        {
            kind = SqlTokenKind.Word;
            SkipWord();
        }
        else if (first is (byte)'\'' or (byte)'`' or (byte)'"')
        {
            kind = first == '\'' ? SqlTokenKind.Text : SqlTokenKind.QuotedName;
            SkipQuoted(first);
        }
        else if (first == '$' && SkipHeredoc())
        {
            kind = SqlTokenKind.Text;
        }
        else
        {
            _position++;
        }
        return new SqlToken(kind, start, _position);
    }

    void SkipBlanks()
    {
        while (_position < _text.Length)
        {
            var rest = _text[_position..];
            if (rest[0] <= ' ')
            {
                _position++;
            }
            else if (rest.StartsWith("--"u8) || rest.StartsWith("# "u8) || rest.StartsWith("#!"u8))
            {
                SkipPast(rest.IndexOf((byte)'\n'), 1);
            }
            else if (rest.StartsWith("/*"u8))
            {
                var end = rest[2..].IndexOf("*/"u8);
                SkipPast(end < 0 ? -1 : end + 2, 2);
            }
            else
            {
                return;
            }
        }
    }

    void SkipPast(int offset, int length) => _position = offset < 0 ? _text.Length : _position + offset + length;

    void SkipWord()
    {
        while (_position < _text.Length && (IsWordByte(_text[_position]) || _text[_position] == '$'))
        {
            _position++;
        }
    }

    void SkipQuoted(byte quote)
    {
        _position++;
        while (_position < _text.Length)
        {
            var found = _text[_position..].IndexOfAny(quote, (byte)'\\');
            if (found < 0)
            {
                _position = _text.Length;
                return;
            }
            _position += found;
            var isDoubled = _position + 1 < _text.Length && _text[_position + 1] == quote;
            if (_text[_position] == quote && !isDoubled)
            {
                _position++;
                return;
            }
            _position = Math.Min(_position + 2, _text.Length);
        }
    }

    bool SkipHeredoc()
    {
        var rest = _text[_position..];
        var tagLength = rest[1..].IndexOf((byte)'$') + 2;
        if (tagLength < 2)
        {
            return false;
        }
        var tag = rest[..tagLength];
        foreach (var value in tag[1..^1])
        {
            if (!IsWordByte(value))
            {
                return false;
            }
        }
        var end = rest[tagLength..].IndexOf(tag);
        SkipPast(end < 0 ? -1 : end + tagLength, tagLength);
        return true;
    }

    // Bytes from 0x80 on belong to letters outside ASCII: part of a word for our purposes.
    static bool IsWordByte(byte value) => char.IsAsciiLetterOrDigit((char)value) || value is (byte)'_' or >= 0x80;
}
