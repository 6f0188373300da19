using System.Text;
using Batch.EmbeddedClickHouse.Engine;

namespace Batch.EmbeddedClickHouse.Sql;

/// <summary>Reads a statement, part of which may stand in the URL and part in the body, and leaves the rows unread.</summary>
internal static class StatementReader
{
    /// <summary>Longest statement in bytes, without the rows of an insert. The engine's own limit, max_query_size, may be lower.</summary>
    internal const int MaxStatementBytes = 1 << 20;

    /// <summary>
    /// The statement, and those of its rows that were read with it. As on a server the text is that of the URL, a line break, and the body.
    /// </summary>
    /// <exception cref="EngineException">Not one statement, or too long.</exception>
    internal static async Task<(SqlStatement Statement, ReadOnlyMemory<byte> Rows)> ReadAsync(
        string urlText, Stream body, CancellationToken cancellationToken)
    {
        var head = Encoding.UTF8.GetBytes(urlText.Length > 0 ? urlText + "\n" : "");
        if (head.Length > MaxStatementBytes)
        {
            throw EngineException.Syntax($"Syntax error: Max query size exceeded (can be at most {MaxStatementBytes} bytes).");
        }
        // The usual insert: everything but the rows stands in the URL, so the body need not be looked at.
        if (TryParseInsert(head) is { } insert)
        {
            return (insert, ReadOnlyMemory<byte>.Empty);
        }
        var text = new byte[head.Length + 4096];
        head.CopyTo(text, 0);
        var length = head.Length;
        while (length <= MaxStatementBytes)
        {
            if (length == text.Length)
            {
                Array.Resize(ref text, Math.Min(text.Length * 4, MaxStatementBytes + 1));
            }
            var read = await body.ReadAsync(text.AsMemory(length), cancellationToken);
            length += read;
            if (read == 0)
            {
                return Split(text.AsMemory(0, length), isWhole: true);
            }
        }
        return Split(text.AsMemory(0, length), isWhole: false);
    }

    static (SqlStatement, ReadOnlyMemory<byte>) Split(ReadOnlyMemory<byte> text, bool isWhole)
    {
        var statement = SqlStatement.Parse(text, isWhole);
        return (statement, statement.TakesRows ? text[statement.RowsStart..] : ReadOnlyMemory<byte>.Empty);
    }

    static SqlStatement? TryParseInsert(byte[] head)
    {
        var statement = SqlStatement.ParseInsertHead(head);
        return statement is { TakesRows: true } && statement.RowsStart == head.Length ? statement : null;
    }
}
