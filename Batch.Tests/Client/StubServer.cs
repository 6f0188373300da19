using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.Client;

/// <summary>A server on a free port that answers as the test says and keeps what it was asked.</summary>
internal sealed class StubServer : IAsyncDisposable
{
    readonly WebApplication _app;

    StubServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());
    public string Method { get; private set; } = "";
    public string PathAndQuery { get; private set; } = "";
    public IHeaderDictionary Headers { get; private set; } = new HeaderDictionary();
    public byte[] Body { get; private set; } = [];

    /// <summary>Answers every request the same way, its body read first.</summary>
    public static Task<StubServer> AnsweringAsync(int status, string body, string contentType = "application/json") =>
        StartAsync(async (server, context) =>
        {
            var sent = new MemoryStream();
            await context.Request.Body.CopyToAsync(sent);
            server.Body = sent.ToArray();
            context.Response.StatusCode = status;
            context.Response.ContentType = contentType;
            await context.Response.WriteAsync(body);
        });

    public static async Task<StubServer> StartAsync(Func<StubServer, HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new StubServer(app);
        app.Run(async context =>
        {
            server.Method = context.Request.Method;
            server.PathAndQuery = context.Request.Path.ToUriComponent() + context.Request.QueryString;
            // A copy: Kestrel takes its own back when the request is over.
            server.Headers = new HeaderDictionary(context.Request.Headers.ToDictionary(header => header.Key, header => header.Value));
            await answer(server, context);
        });
        await app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
