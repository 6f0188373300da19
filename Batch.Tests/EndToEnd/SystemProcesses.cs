using Batch.Client;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.EmbeddedKafka;
using Batch.Tests.EndToEnd.Cluster;

namespace Batch.Tests.EndToEnd;

/// <summary>A whole Batch on its own data folder: log, ClickHouse, API and workers, each a process on a free port, wired as the app host wires them.</summary>
/// <remarks>Unlike a <see cref="BatchCluster"/> it shares nothing with others: log and ClickHouse are killed and started with it.</remarks>
public sealed class SystemProcesses : IRunningSystem, IAsyncDisposable
{
    static readonly TimeSpan FaultLimit = TimeSpan.FromSeconds(60);

    readonly List<string> _said = [];
    readonly BrokerProcess _broker;
    readonly ClickHouseProcess _clickHouse;
    ServiceProcess? _api;
    ServiceProcess[] _workers = [];
    BatchClient? _client;

    /// <summary>Nothing is started, and its folder is not there yet.</summary>
    public SystemProcesses(string? dataFolder = null)
    {
        DataFolder = dataFolder ?? Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
        _broker = new BrokerProcess(Path.Combine(DataFolder, "log"));
        _clickHouse = new ClickHouseProcess([], Path.Combine(DataFolder, "clickhouse"));
        _broker.Said += Hear;
        _clickHouse.Said += Hear;
    }

    /// <summary>The log in <c>log</c>, ClickHouse's tables in <c>clickhouse</c>: the layout of the app host's <c>--data</c>.</summary>
    public string DataFolder { get; }

    public BatchClient Api => _client ?? throw new InvalidOperationException("The system is not running.");
    public Uri ApiAddress => _api!.Address;
    public Uri ClickHouseAddress => new(_clickHouse.Url);
    /// <summary>The log, <c>host:port</c>.</summary>
    public string KafkaAddress => _broker.Servers;
    /// <summary>The metrics of the first worker.</summary>
    public Uri MetricsAddress => _workers[0].Address;
    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(5) };

    /// <summary>What tells API and workers of log and ClickHouse, as environment variables.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["ConnectionStrings__kafka"] = _broker.Servers,
        ["ConnectionStrings__clickhouse"] = _clickHouse.Url,
        // One in the shell would be another broker.
        ["KAFKA_BOOTSTRAP"] = "",
        // What waits in the log waits for as long as the machine is off.
        ["Kafka__Retention"] = $"{Timeout.InfiniteTimeSpan}",
    };

    /// <summary>All that its processes said so far, in the order in which it came.</summary>
    public string Output
    {
        get
        {
            lock (_said)
                return string.Join(Environment.NewLine, _said);
        }
    }

    IEnumerable<ServiceProcess> Services => _api is null ? _workers : _workers.Prepend(_api);

    public static async Task<SystemProcesses> StartNewAsync(int workers = 2, string? fault = null)
    {
        var system = new SystemProcesses();
        try
        {
            await system.StartAsync(workers, fault);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it (again) on the same data folder. What a fault has left running is killed before.</summary>
    /// <param name="workers">Processes. 0: uploads are taken and wait in the log.</param>
    /// <param name="fault">A <c>BATCH_FAULT</c> of API and workers: whoever reaches the point dies.</param>
    public async Task StartAsync(int workers = 2, string? fault = null)
    {
        Kill9();
        ForgetServices();
        await Task.WhenAll(_broker.LaunchAsync(), _clickHouse.LaunchAsync());

        var settings = Settings;
        _api = new ServiceProcess("Batch.Api.dll", settings);
        _workers = [.. Enumerable.Range(0, workers).Select(_ => new ServiceProcess("Batch.Worker.dll", settings))];
        await Task.WhenAll(Services.Select(service =>
        {
            service.Said += Hear;
            return service.StartAsync(fault);
        }));
        _client?.Dispose();
        _client = new BatchClient(new BatchClientOptions { Address = ApiAddress });
    }

    /// <summary>Waits until the fault has killed API or a worker. The others go on.</summary>
    public async Task WaitForExitAsync()
    {
        for (var until = DateTime.UtcNow + FaultLimit; Services.All(service => service.IsRunning); await Task.Delay(20))
            if (DateTime.UtcNow > until)
                throw new TimeoutException($"API and workers still run after {FaultLimit.TotalSeconds:0} s. They said:\n{Output}");
    }

    /// <summary>kill -9 for all of it: no handler runs, nothing is flushed.</summary>
    public void Kill9()
    {
        foreach (var service in Services.Where(service => service.IsRunning))
            service.Kill9();
        if (_broker.IsRunning)
            _broker.Kill9();
        if (_clickHouse.IsRunning)
            _clickHouse.Kill9();
    }

    /// <summary>Stops it in good order: SIGTERM to API and workers, and then, as nobody needs them any more, log and ClickHouse.</summary>
    /// <returns>The highest exit code of API and workers.</returns>
    public async Task<int> StopAsync()
    {
        var codes = await Task.WhenAll(Services.Select(service => service.StopAsync()));
        await Task.WhenAll(_broker.StopAsync(), _clickHouse.StopAsync());
        return codes.Max();
    }

    public async Task<string> QueryAsync(string sql) => (await _clickHouse.QueryAsync(sql)).Trim();

    void ForgetServices()
    {
        foreach (var service in Services)
            service.Dispose();
        (_api, _workers) = (null, []);
    }

    void Hear(string line)
    {
        lock (_said)
            _said.Add(line);
    }

    public ValueTask DisposeAsync()
    {
        Kill9();
        ForgetServices();
        _client?.Dispose();
        Http.Dispose();
        _broker.Dispose();
        _clickHouse.Dispose();
        if (Directory.Exists(DataFolder))
            Directory.Delete(DataFolder, recursive: true);
        return default;
    }
}
