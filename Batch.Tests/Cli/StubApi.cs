using System.Text.Json;
using Batch.Client;
using Batch.Tests.Client;
using Microsoft.AspNetCore.Http;

namespace Batch.Tests.Cli;

/// <summary>An API that answers as a test says: a route's answers in turn, the last one again and again.</summary>
internal sealed class StubApi : IAsyncDisposable
{
    readonly Dictionary<string, Queue<(int Status, string Body)>> _answers = new(StringComparer.Ordinal);
    readonly List<string> _requests = [];
    StubServer? _server;

    /// <summary>Method, path and query of every request, in order.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public Dictionary<string, string> LastHeaders { get; } = new(StringComparer.OrdinalIgnoreCase);
    /// <summary>How long a body of a request takes, a megabyte.</summary>
    public TimeSpan PausePerMegabyte { get; init; }
    public List<byte[]> Bodies { get; } = [];

    public static async Task<StubApi> StartAsync(TimeSpan pausePerMegabyte = default)
    {
        var api = new StubApi { PausePerMegabyte = pausePerMegabyte };
        api._server = await StubServer.StartAsync((_, context) => api.AnswerAsync(context));
        return api;
    }

    public CliWorld World => new(_server!.Address);

    /// <param name="route">Method and path, for example <c>GET /jobs</c>.</param>
    public StubApi On(string route, int status, string body)
    {
        lock (_requests)
        {
            if (!_answers.TryGetValue(route, out var queue))
                _answers[route] = queue = new();
            queue.Enqueue((status, body));
        }
        return this;
    }

    public StubApi On(string route, params JobStatus[] jobs)
    {
        foreach (var job in jobs)
            On(route, route.StartsWith("POST", StringComparison.Ordinal) ? 202 : 200, JsonSerializer.Serialize(job, BatchJson.Default.JobStatus));
        return this;
    }

    public StubApi OnList(params JobStatus[] jobs) => On("GET /jobs", 200, JsonSerializer.Serialize(new JobList(jobs, null), BatchJson.Default.JobList));

    public StubApi OnProblem(string route, int status, string code, string detail) =>
        On(route, status, JsonSerializer.Serialize(new ApiProblem { Status = status, Code = code, Detail = detail, Error = "error", TraceId = "4bf92f35" },
            BatchJson.Default.ApiProblem));

    async Task AnswerAsync(HttpContext context)
    {
        var body = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0; body.Write(buffer, 0, read))
        {
            if (PausePerMegabyte > TimeSpan.Zero && body.Length >> 20 != (body.Length + read) >> 20)
                await Task.Delay(PausePerMegabyte);
        }
        (int Status, string Body) answer;
        lock (_requests)
        {
            _requests.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            Bodies.Add(body.ToArray());
            foreach (var (name, value) in context.Request.Headers)
                LastHeaders[name] = value.ToString();
            answer = !_answers.TryGetValue($"{context.Request.Method} {context.Request.Path}", out var queue)
                ? (404, """{"code":"ROUTE_NOT_FOUND","detail":"The test did not expect this."}""")
                : queue.Count > 1 ? queue.Dequeue() : queue.Peek();
        }
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.Status < 400 ? "application/json" : "application/problem+json";
        await context.Response.WriteAsync(answer.Body);
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();
}
