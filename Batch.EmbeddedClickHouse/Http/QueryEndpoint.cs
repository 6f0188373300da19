using System.Buffers;
using Batch.EmbeddedClickHouse.Engine;
using Batch.EmbeddedClickHouse.Sql;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>Runs the statement of a request: ClickHouse's <c>GET</c> and <c>POST /</c>.</summary>
internal sealed class QueryEndpoint(EngineHost engine, Credentials credentials)
{
    // Smaller pieces than this cost the engine more than they save.
    const int PieceBytes = 1 << 20;

    internal async Task HandleAsync(HttpContext context)
    {
        var reply = new Reply(context);
        try
        {
            await RunAsync(context, reply);
            await reply.EndAsync();
        }
        catch (EngineException exception)
        {
            await reply.FailAsync(exception);
        }
        catch (InvalidDataException exception)
        {
            await reply.FailAsync(EngineException.Of(ErrorCode.BadArguments, "BAD_ARGUMENTS", $"The compressed body is damaged: {exception.Message}"));
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // The client is gone: nobody is there to be told.
            context.Abort();
        }
    }

    async Task RunAsync(HttpContext context, Reply reply)
    {
        credentials.Check(context.Request);
        var request = QueryRequest.Read(context.Request);
        reply.Begin(request);
        var body = RequestBody.Open(context.Request);
        var (statement, rows) = await StatementReader.ReadAsync(request.Query, body, context.RequestAborted);
        if (statement.TakesRows)
        {
            reply.SetSummary(await InsertAsync(statement, rows, body, request, context.RequestAborted));
        }
        else
        {
            await QueryAsync(statement, request, reply, context.RequestAborted);
        }
    }

    /// <summary>While the engine takes one piece the next is read.</summary>
    async Task<EngineStatistics> InsertAsync(
        SqlStatement statement, ReadOnlyMemory<byte> rows, Stream body, QueryRequest request, CancellationToken cancellationToken)
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
            var (connection, insert) = await engine.Pool.StartAsync(
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
                engine.Pool.Return(connection);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(taken);
        }
    }

    async Task QueryAsync(SqlStatement statement, QueryRequest request, Reply reply, CancellationToken cancellationToken)
    {
        var format = statement.Format ?? request.DefaultFormat;
        var maySplit = !request.WaitForEnd && FormatFacts.CanStream(format);
        using var interrupt = new QueryInterrupt(engine.Pool, cancellationToken);
        var (connection, (stream, first)) = await engine.Pool.StartAsync(
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
            engine.Pool.Return(connection);
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
