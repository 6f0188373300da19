using Batch.EmbeddedClickHouse.Engine;

namespace Batch.EmbeddedClickHouse.Sql;

/// <summary>Refuses calls of the two functions that lead outside and that the engine's privileges do not cover.</summary>
/// <remarks>
/// <c>input()</c> reads the rows of an insert from the process's standard input: rows sent over HTTP would be lost without a word.
/// <c>file()</c>, where it is a function and not a table, reads any file into a value. Both can only be called by writing their
/// names, in SQL or in rows of the format Values, whose values may be expressions.
/// </remarks>
/// <param name="allowFiles">Files may be read.</param>
internal sealed class CallGuard(bool allowFiles)
{
    /// <param name="sql">A statement, or all rows of an insert in the format Values.</param>
    /// <exception cref="EngineException">It calls one of them.</exception>
    internal void Check(ReadOnlySpan<byte> sql)
    {
        var lexer = new SqlLexer(sql);
        var before = lexer.Next();
        for (var token = lexer.Next(); token.Kind != SqlTokenKind.End; before = token, token = lexer.Next())
        {
            if (token.IsSymbol(sql, '(') && before.Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName)
            {
                Check(sql, before);
            }
        }
    }

    void Check(ReadOnlySpan<byte> sql, SqlToken name)
    {
        var text = name.In(sql).Trim("`\""u8);
        if (text.SequenceEqual("input"u8))
        {
            throw EngineException.NotImplemented("The table function input() is not offered; name the format after INSERT INTO table.");
        }
        if (!allowFiles && text.SequenceEqual("file"u8))
        {
            throw EngineException.AccessDenied("The function file() is not allowed here.");
        }
    }
}
