using System.Buffers;
using Batch.EmbeddedClickHouse.Engine;
using Batch.EmbeddedClickHouse.Sql;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>Hands the rows of a request's body to the engine: while it takes one piece, the next is read.</summary>
internal sealed class RowInserter(ConnectionPool pool, CallGuard guard)
{
    // Kestrel reads a few kilobytes at a time; pieces of that size would halve the engine's throughput.
    const int PieceBytes = 1 << 20;

    /// <summary>Inserts the rows that were read with the statement, then those of the rest of the body.</summary>
    /// <exception cref="EngineException">The engine refused; nothing of the insert's last block stays.</exception>
    internal async Task<EngineStatistics> InsertAsync(
        QueryRequest request, SqlStatement statement, ReadOnlyMemory<byte> rows, Stream body, CancellationToken cancellationToken)
    {
        if (request.IsReadOnly)
        {
            throw EngineException.Of(ErrorCode.Readonly, "READONLY",
                "default: Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries.");
        }
        var filling = ArrayPool<byte>.Shared.Rent(PieceBytes);
        var taken = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            // Room is taken in the engine when there is something to be inserted, not while a slow client gets ready.
            var length = await RequestBody.FillAsync(body, filling.AsMemory(0, PieceBytes), cancellationToken);
            guard.CheckRows(rows.Span, statement.Format!, isWhole: length == 0);
            guard.CheckRows(filling.AsSpan(0, length), statement.Format!, isWhole: rows.Length == 0 && length < PieceBytes);
            var (connection, insert) = await pool.StartAsync(
                request.IsReadOnly, request.Database, request.Settings,
                connection => connection.Insert(statement.Sql, statement.Format!, request.Parameters), cancellationToken);
            var appending = Task.FromResult(true);
            var isComplete = false;
            try
            {
                if (rows.Length > 0)
                {
                    await connection.RunAsync(_ => insert.Append(rows));
                }
                while (length == PieceBytes)
                {
                    (filling, taken) = (taken, filling);
                    var piece = taken.AsMemory(0, length);
                    appending = connection.RunAsync(_ => insert.Append(piece));
                    length = await RequestBody.FillAsync(body, filling.AsMemory(0, PieceBytes), cancellationToken);
                    guard.CheckRows(filling.AsSpan(0, length), statement.Format!, isWhole: false);
                    await appending;
                }
                var rest = filling.AsMemory(0, length);
                var statistics = await connection.RunAsync(_ => insert.Append(rest) ? insert.Complete() : default);
                isComplete = true;
                return statistics;
            }
            finally
            {
                if (!isComplete)
                {
                    // The body broke off, or the engine refused: nothing must stay.
                    await ((Task)appending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    await connection.RunAsync(_ => insert.Cancel());
                    connection.Spoil();
                }
                pool.Return(connection);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(taken);
        }
    }
}
