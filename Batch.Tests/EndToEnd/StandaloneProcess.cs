using System.Diagnostics;
using Batch.Client;

namespace Batch.Tests.EndToEnd;

/// <summary>The standalone system as a user starts it: a real process with a folder of its own, on free ports.</summary>
public sealed class StandaloneProcess : IRunningSystem, IAsyncDisposable
{
    static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(120);
    readonly string _data = Path.Combine(Path.GetTempPath(), "batch-tests", Guid.NewGuid().ToString("n"));
    readonly List<string> _said = [];
    Process? _process;
    BatchClient? _api;

    public Uri ApiAddress { get; private set; } = new("http://localhost");
    public Uri ClickHouseAddress { get; private set; } = new("http://localhost");
    public Uri MetricsAddress { get; private set; } = new("http://localhost");
    /// <summary>The log, <c>host:port</c>.</summary>
    public string KafkaAddress { get; private set; } = "";
    /// <summary>The Aspire dashboard's page, and where it takes OTLP.</summary>
    public Uri? DashboardAddress { get; private set; }
    public string? OtlpAddress { get; private set; }
    public string DataFolder => _data;
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

    /// <summary>Of the command line, for the next start.</summary>
    public string[] Switches { get; set; } = [];

    public static async Task<StandaloneProcess> StartNewAsync(
        int workers = 2, string? fault = null, bool dashboard = false, params (string Name, string Value)[] environment)
    {
        var system = new StandaloneProcess();
        await system.StartAsync(workers, fault, dashboard, environment);
        return system;
    }

    /// <summary>Starts it (again) on the same data folder.</summary>
    /// <param name="workers">0: uploads are taken and wait in the log.</param>
    /// <param name="fault">A <c>BATCH_FAULT</c>.</param>
    public async Task StartAsync(
        int workers = 2, string? fault = null, bool dashboard = false, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "exec", Executable, "--data", _data, "--workers", $"{workers}", "--port", "0", "--clickhouse-port", "0", "--kafka-port", "0",
                "--metrics-port", "0",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        if (dashboard)
        {
            start.ArgumentList.Add("--dashboard");
            start.ArgumentList.Add("--dashboard-port");
            start.ArgumentList.Add("0");
        }
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        foreach (var switched in Switches)
            start.ArgumentList.Add(switched);
        start.Environment.Remove("BATCH_FAULT");
        if (fault is not null)
            start.Environment["BATCH_FAULT"] = fault;

        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = start };
        void Hear(string? line)
        {
            if (line is null)
                return;
            lock (_said)
                _said.Add(line);
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["API", var api, ..])
                ApiAddress = new Uri(api);
            else if (words is ["ClickHouse", var clickHouse] && clickHouse.StartsWith("http", StringComparison.Ordinal))
                ClickHouseAddress = new Uri(clickHouse);
            else if (words is ["Log", var kafka, ..])
                KafkaAddress = kafka;
            else if (words is ["Metrics", _, var metrics])
                MetricsAddress = new Uri(metrics);
            else if (words is ["Dashboard", var page, var otlp])
                (DashboardAddress, OtlpAddress) = (new Uri(page), otlp.Trim('(', ')').Split('=')[1]);
            else if (words is ["Ctrl-C", ..])
                ready.TrySetResult();
        }
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        var ended = _process.WaitForExitAsync();
        if (await Task.WhenAny(ready.Task, ended, Task.Delay(StartTimeout)) != ready.Task)
        {
            Kill9();
            throw new InvalidOperationException("The system did not start. It said:" + Environment.NewLine + Output);
        }
        _api?.Dispose();
        _api = new BatchClient(new BatchClientOptions { Address = ApiAddress });
    }

    /// <summary>The ClickHouse engine, a child of the system.</summary>
    public int EngineId
    {
        get
        {
            var children = Directory.EnumerateDirectories($"/proc/{ProcessId}/task")
                .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries));
            var engine = children.Single(child => File.ReadAllText($"/proc/{child}/cmdline").Contains("Batch.EmbeddedClickHouse", StringComparison.Ordinal));
            return int.Parse(engine, System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>kill -9 for the ClickHouse engine; the system starts it again.</summary>
    public void KillEngine()
    {
        using var engine = Process.GetProcessById(EngineId);
        engine.Kill();
    }

    /// <summary>The command line as a process of its own. Returns its exit code and all it said.</summary>
    public Task<(int ExitCode, string Output)> CommandLineAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", CommandLine, .. arguments]);
        start.Environment["BATCH_API_URL"] = ApiAddress.ToString();
        if (OtlpAddress is not null)
            start.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = OtlpAddress;
        return RunAsync(start, TimeSpan.FromMinutes(2));
    }

    /// <summary>kill -9: no handler runs, nothing is flushed.</summary>
    public void Kill9()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }

    /// <summary>SIGTERM, as an operator or a service manager stops it. Returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{ProcessId}"]);
        await WaitForExitAsync();
        return _process!.ExitCode;
    }

    public async Task WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process!.WaitForExitAsync(limit.Token);
    }

    /// <summary>What ClickHouse answers, trimmed.</summary>
    public async Task<string> QueryAsync(string sql)
    {
        using var answer = await Http.PostAsync(ClickHouseAddress, new StringContent(sql));
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? text.Trim() : throw new InvalidOperationException(text);
    }

    /// <summary>Runs it with these arguments until it ends by itself. Returns its exit code and all it said.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) => RunAsync([], arguments);

    public static Task<(int ExitCode, string Output)> RunAsync((string Name, string Value)[] environment, params string[] arguments) =>
        RunAsync(Executable, environment, arguments);

    /// <summary>Runs a program that starts the system.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(string program, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. arguments]);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return RunAsync(start, TimeSpan.FromMinutes(3));
    }

    static async Task<(int ExitCode, string Output)> RunAsync(ProcessStartInfo start, TimeSpan patience)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return (process.ExitCode, await output + await error);
    }

    /// <summary>The app host, which is the same program.</summary>
    internal static string AppHost => BuiltBeside("Batch.AppHost", "Batch.AppHost.dll");

    internal static string Executable => BuiltBeside("Batch.Standalone", "Batch.Standalone.dll");

    static string CommandLine => BuiltBeside("Batch.Cli", "batch.dll");

    // …/artifacts/bin/Batch.Tests/debug/ → …/artifacts/bin/Batch.Standalone/debug/
    static string BuiltBeside(string project, string file)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, file);
    }

    public async ValueTask DisposeAsync()
    {
        Kill9();
        _api?.Dispose();
        Http.Dispose();
        // The engine lets go of its folder once it sees that its parent is gone.
        for (var attempt = 0; attempt < 50 && Directory.Exists(_data); attempt++)
        {
            try
            {
                Directory.Delete(_data, recursive: true);
            }
            catch (IOException)
            {
                await Task.Delay(100);
            }
        }
    }
}
