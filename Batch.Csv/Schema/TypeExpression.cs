using System.Text;

namespace Batch.Csv.Schema;

/// <summary>A ClickHouse type as it was written, taken apart: <c>Nullable(Enum8('a' = 1))</c> is a name with arguments.</summary>
/// <param name="Name">The word before the brackets; the text itself where this is a quoted argument.</param>
/// <param name="Arguments">What stands in the brackets; empty where there are none.</param>
/// <param name="IsText">A quoted argument, for example the time zone of <c>DateTime('UTC')</c>.</param>
internal sealed record TypeExpression(string Name, IReadOnlyList<TypeExpression> Arguments, bool IsText = false)
{
    const int MaxDepth = 8;

    /// <summary>Takes a type apart. A <c>?</c> at its end, as in <c>FLOAT?</c>, is read as <c>Nullable(…)</c>.</summary>
    /// <returns>Null, with what is wrong in <paramref name="fault"/>, where brackets or quotes do not add up.</returns>
    public static TypeExpression? Read(string text, out string fault)
    {
        fault = "";
        var reader = new Reader(text);
        try
        {
            var type = reader.Type(0);
            if (reader.Takes('?'))
                type = new("Nullable", [type]);
            reader.End();
            return type;
        }
        catch (FormatException e)
        {
            fault = e.Message;
            return null;
        }
    }

    // Raw shape:  Nullable( Enum8('it\'s' = 1, 'b'=-2) )   spaces anywhere; quotes escaped by a backslash or doubled;
    // the number after an enum's name is read and dropped: values are stored by name.
    sealed class Reader(string text)
    {
        int _at;

        public TypeExpression Type(int depth)
        {
            if (depth > MaxDepth)
                throw new FormatException($"more than {MaxDepth} brackets inside each other");
            Blanks();
            if (_at < text.Length && text[_at] == '\'')
                return Quoted();
            var start = _at;
            while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] is '_' or '-' or '.'))
                _at++;
            if (_at == start)
                throw new FormatException(_at == text.Length ? "a type is missing at its end" : $"the character '{text[_at]}' is out of place");
            var name = text[start.._at];
            if (!Takes('('))
                return new(name, []);
            var arguments = new List<TypeExpression>();
            if (Takes(')'))
                return new(name, arguments);
            do
                arguments.Add(Type(depth + 1));
            while (Takes(','));
            if (!Takes(')'))
                throw new FormatException($"a closing bracket is missing after {name}(…");
            return new(name, arguments);
        }

        TypeExpression Quoted()
        {
            var value = new StringBuilder();
            for (_at++; _at < text.Length; _at++)
            {
                var c = text[_at];
                if (c == '\\' && _at + 1 < text.Length)
                {
                    value.Append(text[++_at]);
                }
                else if (c != '\'')
                {
                    value.Append(c);
                }
                else if (_at + 1 < text.Length && text[_at + 1] == '\'')
                {
                    value.Append(text[++_at]);
                }
                else
                {
                    _at++;
                    if (Takes('='))
                        Number();
                    return new(value.ToString(), [], IsText: true);
                }
            }
            throw new FormatException("a quote is not closed");
        }

        void Number()
        {
            Blanks();
            var start = _at;
            if (_at < text.Length && text[_at] is '-' or '+')
                _at++;
            while (_at < text.Length && char.IsAsciiDigit(text[_at]))
                _at++;
            if (!short.TryParse(text.AsSpan(start, _at - start), System.Globalization.CultureInfo.InvariantCulture, out _))
                throw new FormatException("a number from -32768 to 32767 is wanted after '='");
        }

        public bool Takes(char c)
        {
            Blanks();
            if (_at >= text.Length || text[_at] != c)
                return false;
            _at++;
            return true;
        }

        public void End()
        {
            Blanks();
            if (_at < text.Length)
                throw new FormatException($"the character '{text[_at]}' is out of place");
        }

        void Blanks()
        {
            while (_at < text.Length && text[_at] is ' ' or '\t' or '\n' or '\r')
                _at++;
        }
    }
}
