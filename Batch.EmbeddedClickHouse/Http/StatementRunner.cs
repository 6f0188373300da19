using Batch.EmbeddedClickHouse.Engine;
using Batch.EmbeddedClickHouse.Sql;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>Runs a statement and sends its result, in pieces as they come where the format allows it.</summary>
internal sealed class StatementRunner(ConnectionPool pool)
{
    // A first piece below this is probably the whole result: the next is asked for on the same trip to the engine, and an error
    // there still has its status.
    const int SmallBytes = 64 * 1024;

    /// <param name="Stream">There is more to be fetched; null: the pieces are all there is.</param>
    readonly record struct Started(EngineResult? Stream, EngineResult? First, EngineResult? Second = null, bool IsWhole = false);

    /// <exception cref="EngineException">The engine refused, perhaps after a part of the result was sent.</exception>
    internal async Task RunAsync(QueryRequest request, SqlStatement statement, Reply reply, CancellationToken cancellationToken)
    {
        var format = statement.Format ?? request.DefaultFormat;
        var maySplit = !request.WaitForEnd && FormatInfo.CanStream(format);
        await using var interrupt = new QueryInterrupt(pool, cancellationToken);
        var (connection, started) = await pool.StartAsync(
            request.IsReadOnly, request.Database, request.Settings,
            connection => Begin(connection, statement, format, maySplit, request.Parameters, interrupt), cancellationToken);
        var stream = started.Stream;
        var isOver = false;
        try
        {
            reply.SetFormat(format);
            if (started.IsWhole)
            {
                reply.SetSummary(started.First!.Statistics);
            }
            await reply.WriteAsync(started.First, cancellationToken);
            await reply.WriteAsync(started.Second, cancellationToken);
            while (stream is not null && await connection.RunAsync(_ => connection.Fetch(stream)) is { } piece)
            {
                await reply.WriteAsync(piece, cancellationToken);
            }
            cancellationToken.ThrowIfCancellationRequested();
            isOver = true;
        }
        finally
        {
            started.First?.Dispose();
            started.Second?.Dispose();
            if (!isOver || !interrupt.IsUnused())
            {
                connection.Spoil();
            }
            if (stream is not null)
            {
                await connection.RunAsync(_ => connection.End(stream, isOver));
            }
            pool.Return(connection);
        }
    }

    static Started Begin(
        EngineConnection connection, SqlStatement statement, string format, bool maySplit,
        IReadOnlyList<KeyValuePair<string, string>> parameters, QueryInterrupt interrupt)
    {
        var permit = StatementPolicy.Check(statement, connection.Analyze(statement.Sql));
        if (permit.ChangesConnection)
        {
            connection.Spoil();
        }
        if (permit.CanInterrupt)
        {
            interrupt.Watch(connection);
        }
        var sql = statement.Sql;
        if (!maySplit || !permit.CanStream)
        {
            return new Started(null, connection.Query(sql, format, parameters), IsWhole: true);
        }
        var stream = connection.Stream(sql, format, parameters);
        EngineResult? first = null;
        try
        {
            first = connection.Fetch(stream);
            var second = first is { Length: < SmallBytes } ? connection.Fetch(stream) : null;
            if (first is { Length: >= SmallBytes } || second is not null)
            {
                return new Started(stream, first, second);
            }
            connection.End(stream, isOver: true);
            return new Started(null, first);
        }
        catch
        {
            first?.Dispose();
            connection.End(stream, isOver: false);
            throw;
        }
    }
}
