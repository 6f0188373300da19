using Batch.EmbeddedClickHouse.Engine;
using Batch.EmbeddedClickHouse.Sql;

namespace Batch.EmbeddedClickHouse.Http;

/// <summary>Runs the statement of a request: ClickHouse's <c>GET</c> and <c>POST /</c>.</summary>
internal sealed class QueryEndpoint(EngineHost engine, Credentials credentials, CallGuard guard)
{
    readonly RowInserter _inserter = new(engine.Pool, engine.Space, guard);
    readonly StatementRunner _runner = new(engine.Pool);

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
        reply.Begin(request, engine.Timezone);
        var body = RequestBody.Open(context.Request);
        var (statement, rows) = await StatementReader.ReadAsync(request.Query, body, context.RequestAborted);
        guard.Check(statement.Sql.Span);
        engine.Space.Check(statement);
        if (statement.TakesRows)
        {
            reply.SetSummary(await _inserter.InsertAsync(request, statement, rows, body, context.RequestAborted));
        }
        else
        {
            await _runner.RunAsync(request, statement, reply, context.RequestAborted);
        }
    }
}
