using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Batch.Api;
using Batch.Client;
using Batch.Core.Log;
using Batch.Tests.EmbeddedClickHouse;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.Api;

/// <summary>The API on a free port, over a log in memory and a database of its own (or a ClickHouse that is not there).</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    public const string PurchaseSchema = """{"event_id":"String","timestamp":"UInt32","amount":"Float64"}""";

    readonly WebApplication _app;

    readonly ErrorCollector _errors;

    ApiHost(WebApplication app, MemoryLog log, ErrorCollector errors)
    {
        _app = app;
        _errors = errors;
        Log = log;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = TimeSpan.FromSeconds(60) };
        Client = new BatchClient(new BatchClientOptions { Address = Http.BaseAddress });
    }

    public MemoryLog Log { get; }
    public HttpClient Http { get; }
    public BatchClient Client { get; }
    public IServiceProvider Services => _app.Services;
    /// <summary>A part of a line that the API is to log as an error; null: there is to be none.</summary>
    public string? ExpectedError { get; set; }
    public Uri Address => Http.BaseAddress!;

    /// <param name="clickHouse">Null: there is none where the API looks for it.</param>
    public static async Task<ApiHost> StartAsync(ClickHouseProcess? clickHouse, params (string Key, string Value)[] settings)
    {
        var log = new MemoryLog();
        var errors = new ErrorCollector();
        var arguments = new List<string>
        {
            "--urls", "http://127.0.0.1:0",
            "--ClickHouse:Url", clickHouse?.Url ?? "http://127.0.0.1:9",
            "--ClickHouse:Database", clickHouse is null ? "default" : await clickHouse.CreateDatabaseAsync(),
        };
        foreach (var (key, value) in settings)
            arguments.AddRange([$"--{key}", value]);
        var app = ApiApplication.Create([.. arguments], builder =>
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddProvider(errors);
            builder.Services.AddSingleton<ILog>(log);
        });
        await app.StartAsync();
        return new ApiHost(app, log, errors);
    }

    public async Task<Model> CreateModelAsync(string schema = PurchaseSchema, string name = "purchases") =>
        await Client.CreateModelAsync(new CreateModelRequest { Name = name, Schema = JsonElement.Parse(schema) }, CancellationToken.None);

    public Task<JobStatus> UploadAsync(Model model, string csv, CreateJobRequest? request = null) =>
        Client.CreateJobAsync((request ?? new CreateJobRequest { ModelId = "" }) with { ModelId = model.ModelId },
            new MemoryStream(Encoding.UTF8.GetBytes(csv)), CancellationToken.None);

    public Task<HttpResponseMessage> PostCsvAsync(string path, byte[] body, string contentType = "text/csv", string? encoding = null)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (encoding is not null)
            content.Headers.ContentEncoding.Add(encoding);
        return Http.PostAsync(path, content);
    }

    /// <summary>The problem in an answer; fails where it is not one in the documented shape.</summary>
    public static async Task<ApiProblem> ProblemOf(HttpResponseMessage answer)
    {
        Xunit.Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = (await answer.Content.ReadFromJsonAsync(BatchJson.Default.ApiProblem))!;
        Xunit.Assert.Equal((int)answer.StatusCode, problem.Status);
        Xunit.Assert.False(string.IsNullOrEmpty(problem.Error), "error is missing");
        Xunit.Assert.False(string.IsNullOrEmpty(problem.Code), "code is missing");
        Xunit.Assert.False(string.IsNullOrEmpty(problem.Detail), "detail is missing");
        Xunit.Assert.False(string.IsNullOrEmpty(problem.TraceId), "trace_id is missing");
        return problem;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Http.Dispose();
        await _app.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(5)).Token);
        await _app.DisposeAsync();
        // Whatever a test expects of the API, it is never that something goes wrong in it that nobody has thought of.
        var errors = _errors.Lines.Where(line => ExpectedError is null || !line.Contains(ExpectedError, StringComparison.Ordinal)).ToList();
        Xunit.Assert.True(errors.Count == 0, string.Join("\n", errors));
    }

    /// <summary>Keeps what is logged as an error.</summary>
    sealed class ErrorCollector : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;
        public void Dispose() { }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Lines.Enqueue($"{formatter(state, exception)} {exception}");
        }
    }
}
