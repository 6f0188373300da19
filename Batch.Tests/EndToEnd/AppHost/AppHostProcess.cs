using System.Diagnostics;
using System.Globalization;
using Batch.Client;
using Batch.Tests.Cli;
using Batch.Tests.Deployment;

namespace Batch.Tests.EndToEnd.AppHost;

/// <summary>The app host as a user starts it: a real process with a folder of its own, on free ports, with the embedded servers.</summary>
public sealed class AppHostProcess : IRunningSystem, IAsyncDisposable
{
    static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    static readonly TimeSpan StopTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Every port is any free one.</summary>
    public static readonly string[] AnyPorts =
        ["--port", "0", "--clickhouse-port", "0", "--kafka-port", "0", "--metrics-port", "0", "--dashboard-port", "0"];

    // All that the app host starts inherits its environment, and is found by this, whoever its parent is by then.
    readonly string _mark = $"BATCH_TEST_RUN={Guid.NewGuid():n}";
    readonly List<string> _said = [];
    Process? _process;
    BatchClient? _api;

    public string DataFolder { get; } = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
    public string Infrastructure { get; init; } = "embedded";
    public Uri ApiAddress { get; private set; } = new("http://localhost");
    public Uri ClickHouseAddress { get; private set; } = new("http://localhost");
    public Uri MetricsAddress { get; private set; } = new("http://localhost");
    /// <summary>The log, <c>host:port</c>.</summary>
    public string KafkaAddress { get; private set; } = "";
    /// <summary>The Aspire dashboard's page, and where it takes OTLP.</summary>
    public Uri DashboardAddress { get; private set; } = new("http://localhost");
    public string OtlpAddress { get; private set; } = "";
    public int ProcessId => _process!.Id;
    public BatchClient Api => _api ?? throw new InvalidOperationException("The system is not running.");
    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromMinutes(5) };

    /// <summary>All it said so far, for the message of a failed test.</summary>
    public string Output
    {
        get
        {
            lock (_said)
                return string.Join(Environment.NewLine, _said);
        }
    }

    public static async Task<AppHostProcess> StartNewAsync(int workers = 2, params (string Name, string Value)[] environment)
    {
        var system = new AppHostProcess();
        try
        {
            await system.StartAsync(workers, environment);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it (again) on the same data folder.</summary>
    /// <param name="workers">0: uploads are taken and wait in the log.</param>
    public Task StartAsync(int workers = 2, params (string Name, string Value)[] environment) => StartAsync(workers, [], environment);

    public async Task StartAsync(int workers, string[] more, params (string Name, string Value)[] environment)
    {
        var start = StartInfo(environment, ["--infrastructure", Infrastructure, "--data", DataFolder, "--workers", $"{workers}", .. AnyPorts, .. more]);
        var mark = _mark.Split('=');
        start.Environment[mark[0]] = mark[1];
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = start };
        void Hear(string? line)
        {
            if (line is null)
                return;
            lock (_said)
                _said.Add(line);
            switch (line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                case ["API", var api, ..]: ApiAddress = new Uri(api); break;
                case ["ClickHouse", var clickHouse] when clickHouse.StartsWith("http", StringComparison.Ordinal):
                    ClickHouseAddress =
                    new Uri(clickHouse); break;
                case ["Log", var kafka, "(Kafka's", ..]: KafkaAddress = kafka; break;
                case ["Metrics", _, var metrics]: MetricsAddress = new Uri(metrics); break;
                case ["Dashboard", var page, var otlp]: (DashboardAddress, OtlpAddress) = (new Uri(page), otlp.Trim('(', ')').Split('=')[1]); break;
                case ["Ctrl-C", ..]: ready.TrySetResult(); break;
            }
        }
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (await Task.WhenAny(ready.Task, _process.WaitForExitAsync(), Task.Delay(StartTimeout)) != ready.Task)
            throw new InvalidOperationException("The system did not start. It said:" + Environment.NewLine + Output);
        _api?.Dispose();
        _api = new BatchClient(new BatchClientOptions { Address = ApiAddress });
    }

    /// <summary>Processes that are there because of this system: the app host, its orchestrator, the dashboard, and those of Batch.</summary>
    public IReadOnlyList<(int Id, string Command)> Processes() => [.. Directory.EnumerateDirectories("/proc")
        .Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _))
        .Where(folder => Read(folder, "environ").Contains(_mark, StringComparison.Ordinal))
        .Select(folder => (int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture), Read(folder, "cmdline").Replace('\0', ' ')))];

    /// <summary>Processes of one of Batch's programs, for example <c>Batch.Worker</c>.</summary>
    public IReadOnlyList<int> ProcessesOf(string program) =>
        [.. Processes().Where(process => process.Command.Split(' ')[0].EndsWith("/" + program, StringComparison.Ordinal)).Select(process => process.Id)];

    /// <summary>Each worker's own address, behind the port that they share.</summary>
    public IReadOnlyList<Uri> WorkerAddresses => [.. ProcessesOf("Batch.Worker")
        .Select(id => Read($"/proc/{id}", "environ").Split('\0').Single(variable => variable.StartsWith("ASPNETCORE_URLS=", StringComparison.Ordinal)))
        .Select(variable => new Uri(variable.Split('=')[1]))];

    static string Read(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended in the meantime, or is somebody else's.
            return "";
        }
    }

    /// <summary>Waits until nothing of the system is left.</summary>
    public async Task NothingIsLeftAsync(TimeSpan within)
    {
        var started = Stopwatch.StartNew();
        while (Processes() is { Count: > 0 } left)
        {
            Assert.True(started.Elapsed < within, $"Still there after {within.TotalSeconds} s:\n{string.Join('\n', left)}");
            await Task.Delay(100);
        }
    }

    /// <summary>Sends a signal, for example <c>KILL</c>, to a process.</summary>
    public static void Signal(string name, int processId)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{processId}"]);
        kill.WaitForExit();
    }

    /// <summary>kill -9 of the app host alone: no handler runs.</summary>
    public void Kill9()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM, as an operator or a service manager stops it. Returns the exit code.</summary>
    public async Task<int> StopAsync(string signal = "TERM")
    {
        Signal(signal, ProcessId);
        using var limit = new CancellationTokenSource(StopTimeout);
        await _process!.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>What ClickHouse answers, trimmed.</summary>
    public Task<string> QueryAsync(string sql) => QueryAsync(Http, ClickHouseAddress, sql);

    internal static async Task<string> QueryAsync(HttpClient http, Uri clickHouse, string sql)
    {
        using var answer = await http.PostAsync(clickHouse, new StringContent(sql));
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? text.Trim() : throw new InvalidOperationException(text);
    }

    /// <summary>The command line as a process of its own. Returns its exit code and all it said.</summary>
    public async Task<(int ExitCode, string Output)> CommandLineAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", BatchProcess.Program, .. arguments]);
        start.Environment["BATCH_API_URL"] = ApiAddress.ToString();
        start.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = OtlpAddress;
        var (exitCode, output, errors) = await Tool.RunAsync(start, TimeSpan.FromMinutes(2));
        return (exitCode, output + errors);
    }

    /// <summary>
    /// Runs the app host with these arguments until it ends by itself. Returns its exit code, and what it said on standard output and standard error.
    /// </summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync((string Name, string Value)[] environment, params string[] arguments) =>
        Tool.RunAsync(StartInfo(environment, arguments), TimeSpan.FromMinutes(4));

    static ProcessStartInfo StartInfo((string Name, string Value)[] environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Repository.Built("Batch.AppHost", "Batch.AppHost.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return start;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_process is { HasExited: false })
                await StopAsync();
        }
        catch (OperationCanceledException)
        {
            // It does not end by itself.
        }
        // Should something outlive its app host, it must not outlive its test.
        foreach (var (id, _) in Processes())
            Signal("KILL", id);
        _process?.Dispose();
        _api?.Dispose();
        Http.Dispose();
        for (var attempt = 0; attempt < 50 && Directory.Exists(DataFolder); attempt++)
        {
            try
            {
                Directory.Delete(DataFolder, recursive: true);
            }
            catch (IOException)
            {
                await Task.Delay(100);
            }
        }
    }
}
