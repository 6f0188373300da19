using Batch.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Batch.Tests.Telemetry;

/// <summary>A service with nothing but the defaults, on a free port.</summary>
sealed class ServiceProcess : IAsyncDisposable
{
    readonly WebApplication _app;

    ServiceProcess(WebApplication app) => _app = app;

    public HttpClient Http { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    public static async Task<ServiceProcess> StartAsync(
        Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Test" });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.MapDefaultEndpoints();
        map?.Invoke(app);
        var process = new ServiceProcess(app);
        await app.StartAsync();
        // Without spans of its own: a caller is another process, as far as traces go.
        process.Http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null })
        {
            BaseAddress = new Uri(app.Urls.Single()),
            Timeout = TimeSpan.FromSeconds(30),
        };
        return process;
    }

    /// <summary>What <c>/metrics</c> says now.</summary>
    public async Task<Dictionary<string, ExpositionParser.Family>> MetricsAsync() => ExpositionParser.Parse(await Http.GetByteArrayAsync("/metrics"));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
