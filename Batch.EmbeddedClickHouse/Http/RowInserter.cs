using System.Buffers;
using Batch.EmbeddedClickHouse.Engine;
using Batch.EmbeddedClickHouse.Sql;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>Hands the rows of a request's body to the engine: while it takes one piece, the next is read.</summary>
internal sealed class RowInserter(ConnectionPool pool, FreeSpace space, CallGuard guard)
{
    // Kestrel reads a few kilobytes at a time; pieces of that size would halve the engine's throughput.
    const int PieceBytes = 1 << 20;

    // For formats that must be there as a whole. Longer ones are for CSV, TSV, JSONEachRow, RowBinary or Native, which need not be.
    const int MaxWholeBytes = 256 << 20;

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
        if (!FormatInfo.CanStreamRows(statement.Format!))
        {
            rows = await ReadWholeAsync(statement.Format!, rows, body, cancellationToken);
            body = Stream.Null;
        }
        if (statement.Format!.Equals("Values", StringComparison.OrdinalIgnoreCase))
        {
            rows = ValuesRows.WithoutSemicolon(rows);
            guard.Check(rows.Span);
        }
        return await InsertPiecesAsync(request, statement, rows, body, cancellationToken);
    }

    async Task<EngineStatistics> InsertPiecesAsync(
        QueryRequest request, SqlStatement statement, ReadOnlyMemory<byte> rows, Stream body, CancellationToken cancellationToken)
    {
        var filling = ArrayPool<byte>.Shared.Rent(PieceBytes);
        var taken = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            // Room is taken in the engine when there is something to be inserted, not while a slow client gets ready.
            var length = await RequestBody.FillAsync(body, filling.AsMemory(0, PieceBytes), cancellationToken);
            if (length == PieceBytes)
            {
                space.CheckLarge();
            }
            var whole = length < PieceBytes ? filling.AsMemory(0, length) : default(ReadOnlyMemory<byte>?);
            var (connection, (insert, done)) = await pool.StartAsync(
                request.IsReadOnly, request.Database, request.Settings,
                connection => Begin(connection, statement, request, rows, whole), cancellationToken);
            if (done is { } summary)
            {
                pool.Return(connection);
                return summary;
            }
            var appending = Task.FromResult(true);
            var isComplete = false;
            try
            {
                while (length == PieceBytes)
                {
                    (filling, taken) = (taken, filling);
                    var piece = taken.AsMemory(0, length);
                    appending = connection.RunAsync(_ => insert.Append(piece));
                    length = await RequestBody.FillAsync(body, filling.AsMemory(0, PieceBytes), cancellationToken);
                    await appending;
                }
                var rest = filling.AsMemory(0, length);
                var statistics = await connection.RunAsync(_ => (rest.IsEmpty || insert.Append(rest)) ? insert.Complete() : default);
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

    /// <param name="whole">All that follows the rows, where it is known: then the insert is done on this one trip to the engine.</param>
    static (EngineInsert Insert, EngineStatistics? Done) Begin(
        EngineConnection connection, SqlStatement statement, QueryRequest request, ReadOnlyMemory<byte> rows, ReadOnlyMemory<byte>? whole)
    {
        var insert = connection.Insert(statement.Sql, statement.Format!, request.Parameters);
        for (; !rows.IsEmpty; rows = rows[Math.Min(PieceBytes, rows.Length)..])
        {
            insert.Append(rows[..Math.Min(PieceBytes, rows.Length)]);
        }
        if (whole is { IsEmpty: false } rest)
        {
            insert.Append(rest);
        }
        return (insert, whole is null ? null : insert.Complete());
    }

    static async Task<ReadOnlyMemory<byte>> ReadWholeAsync(
        string format, ReadOnlyMemory<byte> rows, Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[rows.Length + PieceBytes];
        rows.CopyTo(buffer);
        var length = rows.Length;
        while (true)
        {
            var read = await RequestBody.FillAsync(body, buffer.AsMemory(length), cancellationToken);
            length += read;
            if (length < buffer.Length)
            {
                return buffer.AsMemory(0, length);
            }
            if (length >= MaxWholeBytes)
            {
                throw EngineException.NotImplemented(
                    $"Rows in the format {format} may be at most {MaxWholeBytes >> 20} MiB long; send them in pieces, or as CSV, TSV, JSONEachRow, RowBinary or Native.");
            }
            Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, MaxWholeBytes));
        }
    }
}
