using System.Text;
using Batch.EmbeddedClickHouse.Engine;

namespace Batch.EmbeddedClickHouse.Sql;

/// <summary>One statement, told apart from the rows that may follow it.</summary>
/// <remarks>
/// This is where rows are kept out of the query text. The engine ends inline rows at the first blank line and runs what comes
/// after as SQL, so rows that hold <c>\n\nDROP TABLE t</c> would drop the table. Hence an insert is cut right after
/// <c>VALUES</c> or <c>FORMAT name</c>: what stands before goes to the engine as SQL, what comes after only as data.
/// </remarks>
internal sealed class SqlStatement
{
    SqlStatement()
    {
    }

    /// <summary>The SQL for the engine: of an insert with rows, without VALUES or FORMAT.</summary>
    internal required ReadOnlyMemory<byte> Sql { get; init; }

    /// <summary>Named in the statement; null where it names none.</summary>
    internal string? Format { get; init; }

    /// <summary>Rows follow.</summary>
    internal bool TakesRows { get; init; }

    /// <summary>Where the rows start within the text that was read.</summary>
    internal int RowsStart { get; init; }

    /// <summary>First keyword in upper case.</summary>
    internal string Verb { get; init; } = "";

    /// <param name="text">The statement, or the first part of statement and rows.</param>
    /// <param name="isWhole">Nothing follows the text.</param>
    /// <exception cref="EngineException">Not one statement, or too long.</exception>
    internal static SqlStatement Parse(ReadOnlyMemory<byte> text, bool isWhole)
    {
        var lexer = new SqlLexer(text.Span);
        var first = lexer.Next();
        if (first.Kind == SqlTokenKind.End)
        {
            throw isWhole ? EngineException.Syntax("Syntax error: Empty query.") : TooLong();
        }
        if (first.Is(text.Span, "INSERT"u8) && ParseInsert(text, isWhole, ref lexer) is { } insert)
        {
            return insert;
        }
        return isWhole ? ParseOther(text, first) : throw TooLong();
    }

    /// <summary>An insert whose rows follow; null where the text is none, or does not get as far.</summary>
    internal static SqlStatement? ParseInsertHead(ReadOnlyMemory<byte> text)
    {
        var lexer = new SqlLexer(text.Span);
        return lexer.Next().Is(text.Span, "INSERT"u8) ? ParseInsert(text, isWhole: true, ref lexer) : null;
    }

    // INSERT [INTO] [TABLE] [FUNCTION] name [(columns)] [PARTITION BY …] [SETTINGS …] VALUES rows | FORMAT name rows | SELECT …
    // Null: no rows follow.
    static SqlStatement? ParseInsert(ReadOnlyMemory<byte> memory, bool isWhole, ref SqlLexer lexer)
    {
        var text = memory.Span;
        var token = lexer.Next();
        foreach (var keyword in (ReadOnlySpan<string>)["INTO", "TABLE", "FUNCTION"])
        {
            if (token.Is(text, Encoding.ASCII.GetBytes(keyword)))
            {
                token = lexer.Next();
            }
        }
        // The table's name may be any word, also a keyword, and so may what follows a dot.
        var depth = Depth(text, token);
        var isName = false;
        for (token = lexer.Next(); token.Kind != SqlTokenKind.End; token = lexer.Next())
        {
            depth += Depth(text, token);
            var isPartOfName = isName;
            isName = token.IsSymbol(text, '.');
            if (depth > 0 || isPartOfName)
            {
                continue;
            }
            if (token.IsSymbol(text, ';'))
            {
                throw EngineException.Syntax("Syntax error: an INSERT needs VALUES, FORMAT or SELECT before the semicolon.");
            }
            if (token.Is(text, "SELECT"u8) || token.Is(text, "WITH"u8) || token.Is(text, "WATCH"u8))
            {
                return null;
            }
            if (token.Is(text, "FROM"u8))
            {
                throw EngineException.NotImplemented("INSERT … FROM INFILE is for command line clients; send the rows in the body.");
            }
            if (token.Is(text, "VALUES"u8))
            {
                return token.End == text.Length && !isWhole ? throw TooLong() : WithRows(memory, token.Start, "Values", token.End);
            }
            if (token.Is(text, "FORMAT"u8))
            {
                var name = lexer.Next();
                if (name.Kind is not (SqlTokenKind.Word or SqlTokenKind.QuotedName))
                {
                    throw EngineException.Syntax("Syntax error: FORMAT must be followed by the name of a format.");
                }
                return name.End == text.Length && !isWhole
                    ? throw TooLong()
                    : WithRows(memory, token.Start, NameOf(text, name), AfterFormat(text, name.End));
            }
        }
        return null;
    }

    static SqlStatement WithRows(ReadOnlyMemory<byte> text, int sqlEnd, string format, int rowsStart) => new()
    {
        Sql = text[..sqlEnd],
        Format = format,
        TakesRows = true,
        RowsStart = rowsStart,
        Verb = "INSERT",
    };

    // As the server does it: blanks, then at most one line break, belong to the statement; all that comes after to the rows.
    static int AfterFormat(ReadOnlySpan<byte> text, int position)
    {
        if (position < text.Length && text[position] == ';')
        {
            position++;
        }
        while (position < text.Length && text[position] is (byte)' ' or (byte)'\t' or (byte)'\f')
        {
            position++;
        }
        if (position < text.Length && text[position] == '\r')
        {
            position++;
        }
        return position < text.Length && text[position] == '\n' ? position + 1 : position;
    }

    static SqlStatement ParseOther(ReadOnlyMemory<byte> memory, SqlToken first)
    {
        var text = memory.Span;
        var lexer = new SqlLexer(text);
        var depth = 0;
        var end = 0;
        string? format = null;
        var token = lexer.Next();
        while (token.Kind != SqlTokenKind.End)
        {
            depth += Depth(text, token);
            if (end > 0 && !token.IsSymbol(text, ';'))
            {
                throw EngineException.Syntax("Syntax error (Multi-statements are not allowed): only one statement may be sent at a time.");
            }
            if (depth == 0 && token.IsSymbol(text, ';'))
            {
                end = end > 0 ? end : token.Start;
            }
            var isFormat = depth == 0 && token.Start > first.Start && token.Is(text, "FORMAT"u8);
            token = lexer.Next();
            if (isFormat && token.Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName)
            {
                var name = token;
                token = lexer.Next();
                if (token.Kind == SqlTokenKind.End || token.IsSymbol(text, ';') || token.Is(text, "SETTINGS"u8))
                {
                    format = NameOf(text, name);
                }
            }
        }
        return new SqlStatement
        {
            Sql = end > 0 ? memory[..end] : memory,
            Format = format,
            Verb = Encoding.UTF8.GetString(first.In(text)).ToUpperInvariant(),
        };
    }

    static int Depth(ReadOnlySpan<byte> text, SqlToken token) =>
        token.Kind != SqlTokenKind.Symbol ? 0
        : text[token.Start] is (byte)'(' or (byte)'[' or (byte)'{' ? 1
        : text[token.Start] is (byte)')' or (byte)']' or (byte)'}' ? -1
        : 0;

    static string NameOf(ReadOnlySpan<byte> text, SqlToken token) => Encoding.UTF8.GetString(token.In(text)).Trim('`', '"');

    static EngineException TooLong() =>
        EngineException.Syntax($"Syntax error: Max query size exceeded (can be at most {StatementReader.MaxStatementBytes} bytes).");
}
