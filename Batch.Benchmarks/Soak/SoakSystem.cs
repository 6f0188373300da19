using System.Globalization;
using System.Text;
using System.Text.Json;
using Batch.Benchmarks.Running;
using Batch.Client;

namespace Batch.Benchmarks.Soak;

/// <summary>The system under test: log, ClickHouse, API and three workers, each a process on a port of its own that it keeps.</summary>
internal sealed class SoakSystem : IAsyncDisposable
{
    const int Workers = 3;
    public static readonly IReadOnlyList<string> Tenants = ["soak_a", "soak_b", "soak_c"];

    readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    readonly Dictionary<string, BatchClient> _clients;
    readonly Uri _clickHouse;
    readonly List<Uri> _healthy = [];

    /// <param name="data">Where log and ClickHouse keep theirs.</param>
    /// <param name="logs">Where each process has its log file.</param>
    public SoakSystem(string data, string logs)
    {
        var (kafka, clickHouse) = (BuiltProgram.FreePort(), BuiltProgram.FreePort());
        _clickHouse = new Uri($"http://127.0.0.1:{clickHouse}");
        LogFolder = Path.Combine(data, "log");
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__kafka"] = $"127.0.0.1:{kafka}",
            ["ConnectionStrings__clickhouse"] = _clickHouse.ToString(),
            ["KAFKA_BOOTSTRAP"] = "",
            ["Kafka__Retention"] = $"{Timeout.InfiniteTimeSpan}",
            ["Kafka__SessionTimeout"] = "00:00:06",
            ["Uploads__StopSeconds"] = "5",
            ["Logging__Console__LogLevel__Default"] = "Warning",
        };
        Processes.Add(Server("log", "Batch.EmbeddedKafka", kafka, "--min-free", "0"));
        Processes.Add(Server("clickhouse", "Batch.EmbeddedClickHouse", clickHouse, "--wait-for-lock", "20"));
        var api = Service("api", "Batch.Api");
        for (var worker = 1; worker <= Workers; worker++)
            Service($"worker-{worker}", "Batch.Worker");
        _clients = Tenants.ToDictionary(tenant => tenant, tenant => new BatchClient(new BatchClientOptions
        {
            Address = api, Tenant = tenant, Timeout = TimeSpan.FromSeconds(60),
        }));

        SoakProcess Server(string name, string project, int port, params string[] more) => new(
            name, project, logs, isServer: true, ["--data", Path.Combine(data, name), "--port", $"{port}", "--exit-with-parent", .. more], settings);
        Uri Service(string name, string project)
        {
            var address = new Uri($"http://localhost:{BuiltProgram.FreePort()}/");
            Processes.Add(new(name, project, logs, isServer: false, ["--urls", address.ToString()], settings));
            _healthy.Add(new Uri(address, "health"));
            return address;
        }
    }

    public List<SoakProcess> Processes { get; } = [];

    public string LogFolder { get; }

    public BatchClient Of(string tenant) => _clients[tenant];

    /// <summary>Runs a statement in ClickHouse, past Batch.</summary>
    public async Task<string> SqlAsync(string sql)
    {
        using var answer = await _http.PostAsync(_clickHouse, new ByteArrayContent(Encoding.UTF8.GetBytes(sql)));
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? text.Trim() : throw new HttpRequestException(text);
    }

    /// <summary>What <c>/health</c> of API and workers says against them; empty: all is healthy.</summary>
    public async Task<string> UnhealthyAsync()
    {
        var told = new List<string>();
        foreach (var (health, name) in _healthy.Zip(Processes.Skip(2).Select(process => process.Name)))
        {
            try
            {
                var report = JsonDocument.Parse(await _http.GetStringAsync(health)).RootElement;
                if (report.GetProperty("status").GetString() != "healthy")
                    told.Add($"{name}: " + string.Join("; ", report.GetProperty("checks").EnumerateObject()
                        .Where(check => check.Value.GetProperty("status").GetString() != "healthy")
                        .Select(check => $"{check.Name}: {(check.Value.TryGetProperty("reason", out var reason) ? reason.GetString() : "?")}")));
            }
            catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException or JsonException)
            {
                told.Add($"{name}: {fault.Message}");
            }
        }
        return string.Join(" | ", told);
    }

    /// <summary>Returns when all have been healthy three times in a row.</summary>
    public async Task HealthyAsync(TimeSpan limit)
    {
        var until = DateTime.UtcNow + limit;
        for (var healthy = 0; healthy < 3; await Task.Delay(1_000))
        {
            var told = await UnhealthyAsync();
            healthy = told.Length == 0 ? healthy + 1 : 0;
            if (healthy == 0 && DateTime.UtcNow > until)
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"Not healthy after {limit.TotalSeconds:0} s: {told}"));
        }
    }

    /// <summary>API and workers end before those they need.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Processes.Skip(2).Select(process => process.DisposeAsync().AsTask()));
        await Task.WhenAll(Processes.Take(2).Select(process => process.DisposeAsync().AsTask()));
        foreach (var client in _clients.Values)
            client.Dispose();
        _http.Dispose();
    }
}
