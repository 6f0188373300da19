using System.ComponentModel.DataAnnotations;
using Batch.Api;
using Batch.Core.Log;
using Batch.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Batch.Standalone;

/// <summary>The whole system without containers: ClickHouse engine beside it, API, workers and a durable local log in this process.</summary>
/// <remarks>
/// Started in the order in which a chunk needs them, stopped in the reverse: no upload is taken before its rows can be kept,
/// none is cut off before its chunks are in the log. API and workers are the ones that run on a cluster; only their log and
/// addresses differ.
/// </remarks>
internal sealed class StandaloneHost : IAsyncDisposable
{
    readonly Stack<IAsyncDisposable> _started = new();

    AspireDashboard? _dashboard;

    public required StandaloneOptions Options { get; init; }
    public Uri Api { get; private set; } = new("http://localhost:8000");
    public Uri ClickHouse { get; private set; } = new("http://localhost:8123");
    /// <summary>The Aspire dashboard, where it was asked for.</summary>
    public AspireDashboard? Dashboard => _dashboard;
    public Uri Metrics { get; private set; } = new("http://localhost:9090");

    /// <exception cref="StandaloneException">It cannot start; what had been started is stopped again.</exception>
    public static async Task<StandaloneHost> StartAsync(StandaloneOptions options, CancellationToken cancellationToken)
    {
        var host = new StandaloneHost { Options = options };
        try
        {
            await host.StartAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    async Task StartAsync(CancellationToken cancellationToken)
    {
        var logging = LoggerFactory.Create(builder => builder.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning));
        _started.Push(new Disposer(logging));

        var folder = DataFolder.Open(Options.Data);
        _started.Push(new Disposer(folder));

        var engine = new ClickHouseEngine(folder.ClickHouse, Options, logging.CreateLogger("Batch.ClickHouse"));
        _started.Push(engine);
        await engine.StartAsync(cancellationToken);
        ClickHouse = engine.Address;

        var log = OpenLog(folder, logging);
        _started.Push(log);

        if (Options.DashboardPort is { } dashboardPort)
            await StartDashboardAsync(dashboardPort, cancellationToken);

        var worker = WorkerApplication.Create([], builder => Configure(builder, log, Options.MetricsPort, new()
        {
            ["Worker:Members"] = $"{Options.Workers}",
            ["OTEL_SERVICE_NAME"] = "worker",
        }));
        _started.Push(worker);
        await RunAsync(worker, "worker metrics", Options.MetricsPort, "--metrics-port", cancellationToken);
        Metrics = AddressOf(worker);

        var api = ApiApplication.Create([], builder => Configure(builder, log, Options.ApiPort, new()
        {
            ["OTEL_SERVICE_NAME"] = "api",
        }));
        _started.Push(api);
        await RunAsync(api, "API", Options.ApiPort, "--port", cancellationToken);
        Api = AddressOf(api);
    }

    async Task StartDashboardAsync(int port, CancellationToken cancellationToken)
    {
        var options = new AspireDashboardOptions();
        new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection(AspireDashboardOptions.SectionName).Bind(options);
        options.Port = port;
        try
        {
            Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
            _dashboard = await AspireDashboard.StartAsync(options, Console.WriteLine, cancellationToken);
            _started.Push(_dashboard);
        }
        catch (Exception exception) when (exception is AspireDashboardException or ValidationException)
        {
            throw new StandaloneException(exception.Message, exception);
        }
    }

    static LocalLog OpenLog(DataFolder folder, ILoggerFactory logging)
    {
        try
        {
            return LocalLog.Open(new LocalLogOptions { Directory = folder.Log }, logging.CreateLogger<LocalLog>());
        }
        catch (LogUnavailableException exception)
        {
            throw new StandaloneException(exception.Message, exception);
        }
    }

    void Configure(WebApplicationBuilder builder, ILog log, int port, Dictionary<string, string?> settings)
    {
        settings["ClickHouse:Url"] = ClickHouse.ToString();
        // A person looks at this terminal: what is not a warning is in the banner. The dashboard gets the rest too.
        settings["Logging:Console:LogLevel:Default"] = "Warning";
        builder.Configuration.AddInMemoryCollection(settings);
        if (_dashboard is not null)
            builder.Configuration.AddInMemoryCollection(_dashboard.Settings);
        builder.Services.AddSingleton(log);
        builder.WebHost.UseUrls($"http://{Options.Bind}:{port}");
    }

    static async Task RunAsync(WebApplication app, string what, int port, string option, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            throw new StandaloneException($"Port {port} for the {what} is taken. Stop what uses it, or choose another with {option}.", exception);
        }
    }

    static Uri AddressOf(WebApplication app)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Uri(address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "localhost", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var part))
        {
            if (part is WebApplication app)
                await app.StopAsync(CancellationToken.None);
            await part.DisposeAsync();
        }
    }

    sealed class Disposer(IDisposable inner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return default;
        }
    }
}
