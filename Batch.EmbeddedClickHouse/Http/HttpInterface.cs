namespace Batch.EmbeddedClickHouse.Http;

/// <summary>The paths of ClickHouse's HTTP interface.</summary>
internal static class HttpInterface
{
    internal static void Map(IApplicationBuilder app, QueryEndpoint queries) => app.Run(context =>
    {
        var request = context.Request;
        var path = request.Path.Value;
        if (path is "/ping" or "/replicas_status" || IsBareVisit(request))
        {
            return SayAsync(context, StatusCodes.Status200OK, "Ok.\n");
        }
        if (path is not ("/" or "/query"))
        {
            return SayAsync(context, StatusCodes.Status404NotFound,
                $"There is no handle {path}\n\nUse / or /ping for health checks.\nOr /replicas_status for more sophisticated health checks.\n" +
                "Send queries from your program with POST method or GET /?query=...\n");
        }
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsPost(request.Method))
        {
            return SayAsync(context, StatusCodes.Status405MethodNotAllowed, "Use GET or POST.\n");
        }
        return queries.HandleAsync(context);
    });

    static bool IsBareVisit(HttpRequest request) =>
        request.Path.Value == "/" && !HttpMethods.IsPost(request.Method) && !request.Query.ContainsKey("query");

    static Task SayAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=UTF-8";
        context.Response.Headers["X-ClickHouse-Server-Display-Name"] = "batch";
        return context.Response.WriteAsync(text);
    }
}
