using System.Globalization;
using System.Text;
using Batch.Client;

namespace Batch.Benchmarks.Running;

/// <summary>
/// A whole Batch, each part a process of its own: log, ClickHouse (its SQL open to files, so that it
/// can load one by itself), API, and a worker for each core.
/// </summary>
internal sealed class BatchSystem : IAsyncDisposable
{
    static readonly int Workers = Math.Clamp(Environment.ProcessorCount, 1, 8);

    readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    // In the order of their start.
    readonly List<BuiltProgram> _services = [];
    BuiltProgram? _log, _engine;
    BatchClient? _api;

    BatchSystem()
    {
    }

    public BatchClient Api => _api!;

    /// <summary>ClickHouse's HTTP interface.</summary>
    public Uri ClickHouse { get; private set; } = new("http://localhost");

    /// <summary>API, log and workers together.</summary>
    public ProcessFigures Services => _services.Aggregate(_log!.Figures, (sum, service) => sum + service.Figures);

    public ProcessFigures Engine => _engine!.Figures;

    /// <param name="data">An empty folder.</param>
    public static async Task<BatchSystem> StartAsync(string data)
    {
        var system = new BatchSystem();
        try
        {
            await system.StartInAsync(data);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    async Task StartInAsync(string data)
    {
        (_log, var kafka) = await BuiltProgram.StartServerAsync("Batch.EmbeddedKafka", "--data", Path.Combine(data, "log"));
        (_engine, var clickHouse) =
            await BuiltProgram.StartServerAsync("Batch.EmbeddedClickHouse", "--data", Path.Combine(data, "clickhouse"), "--allow-files");
        ClickHouse = new Uri(clickHouse);
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__kafka"] = kafka,
            ["ConnectionStrings__clickhouse"] = clickHouse,
            // One in the shell would be another broker.
            ["KAFKA_BOOTSTRAP"] = "",
        };
        (var service, var address) = await BuiltProgram.StartServiceAsync("Batch.Api", settings);
        _services.Add(service);
        _api = new BatchClient(new BatchClientOptions { Address = address });
        for (var worker = 0; worker < Workers; worker++)
            _services.Add((await BuiltProgram.StartServiceAsync("Batch.Worker", settings)).Service);
    }

    /// <summary>Runs a statement in ClickHouse, past Batch.</summary>
    public async Task<string> SqlAsync(string sql)
    {
        using var answer = await _http.PostAsync(ClickHouse, new ByteArrayContent(Encoding.UTF8.GetBytes(sql)));
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? text.Trim() : throw new InvalidOperationException(text);
    }

    /// <summary>Waits until what was loaded before is merged, so that one measurement does not pay for another.</summary>
    public async Task CalmAsync()
    {
        for (var calm = 0; calm < 3; await Task.Delay(200))
            calm = await SqlAsync("SELECT count() FROM system.merges") == "0" ? calm + 1 : 0;
    }

    public async Task<long> PartsAsync(string table) => long.Parse(
        await SqlAsync($"SELECT count() FROM system.parts WHERE active AND table = '{table}'"), CultureInfo.InvariantCulture);

    /// <summary>API and workers end before those they need.</summary>
    public async ValueTask DisposeAsync()
    {
        _api?.Dispose();
        _http.Dispose();
        foreach (var program in (BuiltProgram?[])[.. _services, _log, _engine])
            if (program is not null)
                await program.DisposeAsync();
    }
}
