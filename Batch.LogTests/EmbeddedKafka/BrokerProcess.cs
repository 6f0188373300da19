using System.Diagnostics;
using System.Text;

namespace Batch.Tests.EmbeddedKafka;

/// <summary>The embedded broker as a process of its own, on a free port and in a folder of its own. It ends with the test process, however that ends.</summary>
public sealed class BrokerProcess : IAsyncLifetime
{
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    readonly StringBuilder _errors = new();
    Process? _process;

    /// <summary>Further command line arguments, also of the next restart.</summary>
    public IReadOnlyList<string> Arguments { get; set; } = [];

    /// <summary>The assembly to be run with <c>dotnet exec</c>.</summary>
    public static string AssemblyPath => Path.Combine(AppContext.BaseDirectory, "Batch.EmbeddedKafka.dll");

    public string DataFolder { get; } = Path.Combine(Path.GetTempPath(), "batch-kafka-" + Guid.NewGuid().ToString("N"));

    /// <summary>For example <c>127.0.0.1:40123</c>. Stays the same over restarts.</summary>
    public string Servers { get; private set; } = "";

    public int Port => int.Parse(Servers.Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);

    public int ProcessId => Running.Id;

    /// <summary>What it wrote to standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    Process Running => _process ?? throw new InvalidOperationException("The broker is not running.");

    public Task InitializeAsync() => LaunchAsync(port: 0);

    async Task LaunchAsync(int port)
    {
        var process = Process.Start(StartInfo(["--data", DataFolder, "--port", $"{port}", "--exit-with-parent", "--min-free", "0", .. Arguments]))!;
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(StartLimit);
        var ready = await process.StandardOutput.ReadLineAsync(limit.Token);
        if (ready is null || !ready.StartsWith("Ready on ", StringComparison.Ordinal))
        {
            await process.WaitForExitAsync(limit.Token);
            throw new InvalidOperationException($"The broker did not start: {Errors}");
        }
        Servers = ready["Ready on ".Length..];
    }

    /// <summary>How to run the process with these arguments; all three standard streams are redirected.</summary>
    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments) => new("dotnet", ["exec", AssemblyPath, .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    /// <summary>Ends it without a word, as a power cut would (but for what the operating system still holds).</summary>
    public void Kill9()
    {
        Running.Kill();
        Running.WaitForExit();
        Running.Dispose();
        _process = null;
    }

    /// <summary>SIGSTOP: connections stay open and nothing is answered, as when a machine or a network hangs.</summary>
    public void Freeze() => Signal("STOP");

    public void Thaw() => Signal("CONT");

    void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Running.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Ends it in good order, if it runs, by closing its standard input.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process)
            return;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(StopLimit);
        await process.WaitForExitAsync(limit.Token);
        process.Dispose();
        _process = null;
    }

    /// <summary>Starts it on the same data and the same port, after it was killed or in good order.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await LaunchAsync(Port);
    }

    public async Task DisposeAsync()
    {
        try
        {
            await StopAsync();
        }
        finally
        {
            if (_process is not null)
                Kill9();
            if (Directory.Exists(DataFolder))
                Directory.Delete(DataFolder, recursive: true);
        }
    }
}
