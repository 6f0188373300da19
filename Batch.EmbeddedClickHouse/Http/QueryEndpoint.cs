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
        await using var reply = new Reply(context);
        try
        {
            await RunAsync(context, reply);
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
        var connection = await engine.Pool.RentAsync(request.IsReadOnly, request.Database, request.Settings, context.RequestAborted);
        try
        {
            if (statement.TakesRows)
            {
                reply.SetSummary(await InsertAsync(connection, statement, rows, body, request, context.RequestAborted));
            }
            else
            {
                await QueryAsync(connection, statement, request, reply, context.RequestAborted);
            }
        }
        finally
        {
            engine.Pool.Return(connection);
        }
    }

    /// <summary>While the engine takes one piece the next is read.</summary>
    static async Task<EngineStatistics> InsertAsync(
        EngineConnection connection, SqlStatement statement, ReadOnlyMemory<byte> rows, Stream body, QueryRequest request,
        CancellationToken cancellationToken)
    {
        if (request.IsReadOnly)
        {
            throw EngineException.Of(ErrorCode.Readonly, "READONLY", "default: Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries.");
        }
        var insert = await connection.InsertAsync(statement.Sql, statement.Format!, request.Parameters);
        var filling = ArrayPool<byte>.Shared.Rent(PieceBytes);
        var taken = ArrayPool<byte>.Shared.Rent(PieceBytes);
        var appending = Task.CompletedTask;
        try
        {
            if (rows.Length > 0)
            {
                await insert.AppendAsync(rows);
            }
            while (await RequestBody.FillAsync(body, filling.AsMemory(0, PieceBytes), cancellationToken) is > 0 and var length)
            {
                await appending;
                (filling, taken) = (taken, filling);
                appending = insert.AppendAsync(taken.AsMemory(0, length));
            }
            await appending;
            return await insert.CompleteAsync();
        }
        finally
        {
            // Without effect where the insert was completed; else the body broke off or the engine refused, and nothing must stay.
            await appending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await insert.CancelAsync();
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(taken);
        }
    }

    static async Task QueryAsync(
        EngineConnection connection, SqlStatement statement, QueryRequest request, Reply reply, CancellationToken cancellationToken)
    {
        var permit = StatementPolicy.Check(statement, await connection.AnalyzeAsync(statement.Sql));
        if (permit.ChangesConnection)
        {
            connection.Spoil();
        }
        var format = statement.Format ?? request.DefaultFormat;
        reply.SetFormat(format);
        if (!permit.CanStream || request.WaitForEnd || !FormatFacts.CanStream(format))
        {
            using var result = await connection.QueryAsync(statement.Sql, format, request.Parameters);
            reply.SetSummary(result.Statistics);
            await reply.WriteAsync(result, cancellationToken);
            return;
        }
        using var stream = await connection.StreamAsync(statement.Sql, format, request.Parameters);
        var isOver = false;
        try
        {
            while (await connection.FetchAsync(stream) is { } piece)
            {
                using (piece)
                {
                    await reply.WriteAsync(piece, cancellationToken);
                }
            }
            isOver = true;
        }
        finally
        {
            if (!isOver)
            {
                await connection.CancelAsync(stream);
            }
        }
    }
}
