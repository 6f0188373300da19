using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Batch.Client;

namespace Batch.Benchmarks.Running;

/// <summary>The standalone system as a process of its own, with ClickHouse's SQL open to files so that it can load one by itself.</summary>
internal sealed class BatchSystem : IAsyncDisposable
{
    /// <summary>First argument of this program when it is to be the system.</summary>
    public const string Role = "system";

    static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);
    readonly Process _process;
    readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };

    BatchSystem(Process process, Uri api, Uri clickHouse)
    {
        (_process, ClickHouse) = (process, clickHouse);
        Api = new BatchClient(new BatchClientOptions { Address = api });
    }

    public BatchClient Api { get; }

    /// <summary>ClickHouse's HTTP interface.</summary>
    public Uri ClickHouse { get; }

    /// <summary>API, log and workers.</summary>
    public ProcessFigures Host => ProcessFigures.Of(_process.Id);

    public ProcessFigures Engine => ProcessFigures.Of(ProcessFigures.ChildOf(_process.Id));

    /// <param name="data">An empty folder.</param>
    public static async Task<BatchSystem> StartAsync(string data)
    {
        var (api, clickHouse) = (FreePort(), FreePort());
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet")
            start.ArgumentList.Add(typeof(BatchSystem).Assembly.Location);
        foreach (var argument in (string[])[Role, "--data", data, "--allow-files", "--port", $"{api}", "--clickhouse-port", $"{clickHouse}", "--kafka-port", "0", "--metrics-port", "0"])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var system = new BatchSystem(process, new Uri($"http://localhost:{api}"), new Uri($"http://localhost:{clickHouse}"));
        using var patience = new CancellationTokenSource(StartPatience);
        while (!await system.IsUpAsync(new Uri($"http://localhost:{api}/health"), patience.Token))
        {
            if (process.HasExited)
                throw new InvalidOperationException($"The system ended with exit code {process.ExitCode}.");
            await Task.Delay(100, patience.Token);
        }
        return system;
    }

    async Task<bool> IsUpAsync(Uri health, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(health, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
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

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        _http.Dispose();
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }
}
