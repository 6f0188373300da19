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
    /// <exception cref="EngineException">The statement calls one of them.</exception>
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

    /// <param name="rows">The rows, or a part of them.</param>
    /// <param name="format">Their format.</param>
    /// <param name="isWhole">These are all rows. A part cannot be read reliably, as it may start inside quotes: what looks like a call counts as one.</param>
    /// <exception cref="EngineException">A row calls a function that leads outside.</exception>
    internal void CheckRows(ReadOnlySpan<byte> rows, string format, bool isWhole)
    {
        if (allowFiles || !format.Equals("Values", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }
        if (isWhole)
        {
            Check(rows);
            return;
        }
        for (var rest = rows; rest.IndexOf("file"u8) is >= 0 and var found; rest = rest[(found + 4)..])
        {
            var after = rest[(found + 4)..];
            var next = new SqlLexer(after.TrimStart("`\""u8)).Next();
            if (next.Kind == SqlTokenKind.End || after.TrimStart("`\""u8)[next.Start] == '(')
            {
                throw EngineException.AccessDenied("VALUES of this length must not hold the text 'file('; send the rows in another format.");
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
