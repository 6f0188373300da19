using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using Batch.Api;
using Batch.EmbeddedKafka;
using Batch.ServiceDefaults;
using Batch.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Batch.Standalone;

/// <summary>The whole system without containers: ClickHouse engine beside it; API, workers and a durable Kafka broker in this process.</summary>
/// <remarks>
/// Log and ClickHouse are started before those who need them, and stopped after them: no upload is taken before its rows can be kept,
/// none is cut off before its chunks are in the log, and chunks in hand are finished. API and workers are the ones that run on a
/// cluster and speak the same protocols, in one application with two listeners.
/// </remarks>
internal sealed class StandaloneHost : IAsyncDisposable
{
    /// <summary>Open uploads are finished first, then chunks in hand; each in what it has as a process of its own.</summary>
    static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30 + 10);

    readonly Stack<IAsyncDisposable> _started = new();
    bool _isUp;

    public required StandaloneOptions Options { get; init; }
    public Uri Api { get; private set; } = new("http://localhost:8000");
    public Uri ClickHouse { get; private set; } = new("http://localhost:8123");
    /// <summary>Where the log answers, in Kafka's protocol: <c>host:port</c>.</summary>
    public string Kafka { get; private set; } = "localhost:9092";
    public Uri Metrics { get; private set; } = new("http://localhost:9090");
    /// <summary>The Aspire dashboard, where it was asked for.</summary>
    public AspireDashboard? Dashboard { get; private set; }

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

        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });

        var folder = DataFolder.Open(Options.Data);
        _started.Push(new Disposer(folder));

        var broker = await StartBrokerAsync(builder, folder, logging, cancellationToken);
        _started.Push(broker);
        Kafka = broker.BootstrapServers;

        var engine = new ClickHouseEngine(folder.ClickHouse, Options, logging.CreateLogger("Batch.ClickHouse"));
        _started.Push(engine);
        await engine.StartAsync(cancellationToken);
        ClickHouse = engine.Address;

        if (Options.DashboardPort is { } dashboardPort)
            await StartDashboardAsync(dashboardPort, cancellationToken);

        builder.Configuration.AddInMemoryCollection(StandaloneSettings.Of(this, builder.Configuration));
        // What stops a start is said in one sentence, by whoever started this.
        builder.Logging.AddFilter<ConsoleLoggerProvider>("Microsoft.Extensions.Hosting.Internal.Host", level => _isUp && level >= LogLevel.Warning);
        ListenOptions? api = null, metrics = null;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(Options.Bind, Options.ApiPort, listener => api = listener);
            kestrel.Listen(Options.Bind, Options.MetricsPort, listener => (metrics = listener).ProbesOnly());
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        builder.AddBatchWorker();
        builder.AddBatchApi();

        await RunAsync(builder, cancellationToken);
        (Api, Metrics) = (AddressOf(api!), AddressOf(metrics!));
        _isUp = true;
    }

    async Task RunAsync(WebApplicationBuilder builder, CancellationToken cancellationToken)
    {
        var app = builder.Build();
        _started.Push(app);
        app.UseProbeListener();
        app.MapBatchApi();
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (OptionsValidationException exception)
        {
            throw new StandaloneException(string.Join(' ', exception.Failures), exception);
        }
        catch (IOException exception)
        {
            throw exception.Message.Contains($":{Options.MetricsPort}:", StringComparison.Ordinal)
                ? Taken(Options.MetricsPort, "worker metrics", "--metrics-port", exception)
                : Taken(Options.ApiPort, "API", "--port", exception);
        }
    }

    async Task StartDashboardAsync(int port, CancellationToken cancellationToken)
    {
        var options = new AspireDashboardOptions();
        new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection(AspireDashboardOptions.SectionName).Bind(options);
        options.Port = port;
        try
        {
            Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
            Dashboard = await AspireDashboard.StartAsync(options, Console.WriteLine, cancellationToken);
            _started.Push(Dashboard);
        }
        catch (Exception exception) when (exception is AspireDashboardException or ValidationException)
        {
            throw new StandaloneException(exception.Message, exception);
        }
    }

    async Task<EmbeddedBroker> StartBrokerAsync(
        WebApplicationBuilder builder, DataFolder folder, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        try
        {
            return await builder.AddEmbeddedKafkaAsync(
                broker => (broker.Directory, broker.Bind, broker.Port) = (folder.Log, $"{Options.Bind}", Options.KafkaPort), logging, cancellationToken);
        }
        catch (StartupException exception) when (exception.InnerException is SocketException)
        {
            throw Taken(Options.KafkaPort, "log", "--kafka-port", exception);
        }
        catch (StartupException exception)
        {
            throw new StandaloneException(exception.Message, exception);
        }
    }

    static StandaloneException Taken(int port, string what, string option, Exception exception) =>
        new($"Port {port} for the {what} is taken. Stop what uses it, or choose another with {option}.", exception);

    /// <summary>Of a listener that has been opened; as a person would type it.</summary>
    static Uri AddressOf(ListenOptions listener)
    {
        var endpoint = listener.IPEndPoint!;
        var isLocal = endpoint.Address.Equals(IPAddress.Loopback) || endpoint.Address.Equals(IPAddress.Any);
        return new Uri(isLocal ? $"http://localhost:{endpoint.Port}" : $"http://{endpoint}");
    }

    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var part))
        {
            // One that could not be started has nothing to stop.
            if (part is WebApplication app && _isUp)
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
