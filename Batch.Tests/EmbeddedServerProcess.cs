using System.Diagnostics;
using System.Text;

namespace Batch.Tests;

/// <summary>
/// One of the embedded servers as a process of its own, on a free port and in a folder of its own. It ends with the test process, however that ends.
/// </summary>
/// <param name="dataFolder">The folder, where it is to be this one; else one is made whose name begins with
/// <paramref name="folderPrefix"/>. Deleted at the end in either case.</param>
public abstract class EmbeddedServerProcess(string assembly, string folderPrefix, string? dataFolder = null) : IAsyncLifetime
{
    const string Ready = "Ready on ";
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    readonly StringBuilder _errors = new();
    Process? _process;

    /// <summary>Where it keeps its data.</summary>
    public string DataFolder { get; } = dataFolder ?? Path.Combine(Path.GetTempPath(), folderPrefix + Guid.NewGuid().ToString("N"));

    /// <summary>What it said that it is ready on. Stays the same over restarts.</summary>
    protected string Address { get; private set; } = "";

    public abstract int Port { get; }

    /// <summary>Command line arguments of every start beside folder and port.</summary>
    protected abstract IEnumerable<string> MoreArguments { get; }

    public int ProcessId => Running.Id;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>A line of its standard error, as it comes.</summary>
    public event Action<string>? Said;

    /// <summary>What it wrote to standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    Process Running => _process ?? throw new InvalidOperationException($"{assembly} is not running.");

    public virtual Task InitializeAsync() => LaunchAsync();

    /// <summary>Starts it, and returns when it answers.</summary>
    /// <param name="port">0: any free one.</param>
    public async Task LaunchAsync(int port = 0)
    {
        _process?.Dispose();
        var process = Process.Start(StartInfo(
            Path.Combine(AppContext.BaseDirectory, assembly), ["--data", DataFolder, "--port", $"{port}", "--exit-with-parent", .. MoreArguments]))!;
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
                return;
            lock (_errors)
                _errors.AppendLine(line.Data);
            Said?.Invoke(line.Data);
        };
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(StartLimit);
        var ready = await process.StandardOutput.ReadLineAsync(limit.Token);
        if (ready is null || !ready.StartsWith(Ready, StringComparison.Ordinal))
        {
            await process.WaitForExitAsync(limit.Token);
            throw new InvalidOperationException($"{assembly} did not start: {Errors}");
        }
        Address = ready[Ready.Length..];
    }

    /// <summary>How to run an assembly with these arguments; all three standard streams are redirected.</summary>
    protected static ProcessStartInfo StartInfo(string assemblyPath, IEnumerable<string> arguments) => new("dotnet", ["exec", assemblyPath, .. arguments])
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
            Dispose();
        }
    }

    /// <summary>Stops it, if need be by force, and deletes its folder.</summary>
    public void Dispose()
    {
        if (_process is not null)
            Kill9();
        if (Directory.Exists(DataFolder))
            Directory.Delete(DataFolder, recursive: true);
    }
}
