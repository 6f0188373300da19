using Batch.EmbeddedClickHouse.Engine;
using Batch.EmbeddedClickHouse.Sql;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>Runs a statement and sends its result, in pieces as they come where the format allows it.</summary>
internal sealed class StatementRunner(ConnectionPool pool)
{
    /// <exception cref="EngineException">The engine refused, perhaps after a part of the result was sent.</exception>
    internal async Task RunAsync(QueryRequest request, SqlStatement statement, Reply reply, CancellationToken cancellationToken)
    {
        var format = statement.Format ?? request.DefaultFormat;
        var maySplit = !request.WaitForEnd && FormatFacts.CanStream(format);
        using var interrupt = new QueryInterrupt(pool, cancellationToken);
        var (connection, (stream, first)) = await pool.StartAsync(
            request.IsReadOnly, request.Database, request.Settings,
            connection => Begin(connection, statement, format, maySplit, request.Parameters, interrupt), cancellationToken);
        var isOver = false;
        try
        {
            reply.SetFormat(format);
            if (stream is null)
            {
                reply.SetSummary(first!.Statistics);
            }
            for (var piece = first; piece is not null;)
            {
                using (piece)
                {
                    await reply.WriteAsync(piece, cancellationToken);
                }
                piece = stream is null ? null : await connection.RunAsync(_ => connection.Fetch(stream));
            }
            cancellationToken.ThrowIfCancellationRequested();
            isOver = true;
        }
        finally
        {
            if (!isOver)
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

    /// <summary>The result as a stream with its first piece, or as one piece without a stream.</summary>
    static (EngineResult? Stream, EngineResult? First) Begin(
        EngineConnection connection, SqlStatement statement, string format, bool maySplit,
        IReadOnlyList<KeyValuePair<string, string>> parameters, QueryInterrupt interrupt)
    {
        var permit = StatementPolicy.Check(statement, connection.Analyze(statement.Sql));
        if (permit.ChangesConnection)
        {
            connection.Spoil();
        }
        var sql = permit.CanInterrupt ? interrupt.Mark(statement.Sql) : statement.Sql;
        if (!maySplit || !permit.CanStream)
        {
            return (null, connection.Query(sql, format, parameters));
        }
        var stream = connection.Stream(sql, format, parameters);
        try
        {
            return (stream, connection.Fetch(stream));
        }
        catch
        {
            connection.End(stream, isOver: false);
            throw;
        }
    }
}
