using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>Stands between Batch and a ClickHouse that is well, and answers every request with an error of ClickHouse's while it is told to.</summary>
public sealed class FaultyClickHouse : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly HttpClient _http;
    int _refused;

    FaultyClickHouse(WebApplication app, HttpClient http) => (_app, _http) = (app, http);

    public Uri Address => new(_app.Urls.First());

    /// <summary>ClickHouse's error code and text; null: everything passes.</summary>
    public (int Code, string Text)? Fault { get; set; }

    /// <summary>Which requests the fault meets, by their URL's query, where the statement of an insert and its token stand. All of them unless given.</summary>
    public Func<string, bool> Meets { get; set; } = _ => true;

    /// <summary>Requests answered with an error.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public static async Task<FaultyClickHouse> StartAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var gateway = new FaultyClickHouse(app, new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromMinutes(2) });
        app.Run(gateway.PassAsync);
        await app.StartAsync();
        return gateway;
    }

    async Task PassAsync(HttpContext context)
    {
        if (Fault is { } fault && context.Request.Path != "/ping" && Meets(WebUtility.UrlDecode(context.Request.QueryString.Value ?? "")))
        {
            Interlocked.Increment(ref _refused);
            context.Response.StatusCode = 500;
            context.Response.Headers["X-ClickHouse-Exception-Code"] = $"{fault.Code}";
            await context.Response.WriteAsync($"Code: {fault.Code}. DB::Exception: {fault.Text}");
            return;
        }
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), context.Request.Path + context.Request.QueryString);
        if (HttpMethods.IsPost(context.Request.Method))
            request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers)
            if (!name.Equals("Host", StringComparison.OrdinalIgnoreCase) && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
            if (!name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
                context.Response.Headers[name] = values.ToArray();
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _http.Dispose();
    }
}
