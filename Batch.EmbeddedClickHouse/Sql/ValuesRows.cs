using Batch.EmbeddedClickHouse.Engine;

namespace Batch.EmbeddedClickHouse.Sql;

/// <summary>Rows in the format Values: <c>(1, 'a'), (2, 'b;c');</c></summary>
internal static class ValuesRows
{
    /// <summary>The rows without a semicolon at their end: the engine would take the insert for finished there.</summary>
    /// <exception cref="EngineException">Something follows the semicolon, which the engine would pass over.</exception>
    internal static ReadOnlyMemory<byte> WithoutSemicolon(ReadOnlyMemory<byte> rows)
    {
        var text = rows.Span;
        var lexer = new SqlLexer(text);
        for (var token = lexer.Next(); token.Kind != SqlTokenKind.End; token = lexer.Next())
        {
            if (token.IsSymbol(text, ';'))
            {
                return lexer.Next().Kind == SqlTokenKind.End
                    ? rows[..token.Start]
                    : throw EngineException.Syntax("Cannot read data after semicolon.");
            }
        }
        return rows;
    }
}
