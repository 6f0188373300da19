using System.Diagnostics;
using Batch.AppHost;

namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>The API or a worker as a process of its own, on a free port that it keeps over restarts.</summary>
public sealed class ServiceProcess(string assembly, IReadOnlyDictionary<string, string> settings) : IDisposable
{
    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);
    static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };
    readonly List<string> _said = [];
    Process? _process;

    public Uri Address { get; } = new($"http://127.0.0.1:{Ports.Free()}/");

    /// <summary>A line that it said, as it comes.</summary>
    public event Action<string>? Said;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>All it said so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_said)
                return [.. _said];
        }
    }

    /// <summary>Starts it (again), and returns when it answers.</summary>
    /// <param name="fault">A <c>BATCH_FAULT</c>.</param>
    public async Task StartAsync(string? fault = null)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, assembly), "--urls", Address.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        start.Environment.Remove("BATCH_FAULT");
        if (fault is not null)
            start.Environment["BATCH_FAULT"] = fault;
        _process?.Dispose();
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        for (var started = Stopwatch.StartNew(); !await AnswersAsync(); await Task.Delay(50))
        {
            if (!IsRunning || started.Elapsed > TestTimeout)
                throw new InvalidOperationException($"{assembly} did not start. It said:\n{string.Join('\n', Lines)}");
        }
    }

    public async Task<string> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(new Uri(Address, path));
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>kill -9.</summary>
    public void Kill9()
    {
        _process!.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGSTOP: it keeps its connections and does nothing, as a machine does that has lost its disk or is swapping.</summary>
    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    /// <summary>SIGTERM. Returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        Signal("TERM");
        using var limit = new CancellationTokenSource(TestTimeout);
        await _process!.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async Task WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(TestTimeout);
        await _process!.WaitForExitAsync(limit.Token);
    }

    void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process!.Id}"]);
        kill.WaitForExit();
    }

    async Task<bool> AnswersAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(Address, "alive"));
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            // Not there yet, or too busy to answer within the client's time; how long to go on asking is the caller's to say.
            return false;
        }
    }

    void Hear(string? line)
    {
        if (line is null)
            return;
        lock (_said)
            _said.Add(line);
        Said?.Invoke(line);
    }

    public void Dispose()
    {
        if (IsRunning)
            Kill9();
        _process?.Dispose();
    }
}
