using System.Diagnostics;
using Batch.Benchmarks.Running;

namespace Batch.Benchmarks.Soak;

/// <summary>One program that is started again a second after it died, for as long as the soak runs: what an app host or a cluster does.</summary>
internal sealed class SoakProcess : IAsyncDisposable
{
    static readonly TimeSpan RestartAfter = TimeSpan.FromSeconds(1);
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(40);

    readonly string _project;
    readonly string[] _arguments;
    readonly IReadOnlyDictionary<string, string> _settings;
    readonly StreamWriter _log;
    readonly bool _isServer;
    readonly Task _running;
    volatile Process? _process;
    volatile bool _isOver;

    /// <param name="name">Of its log file.</param>
    /// <param name="isServer">An embedded server: it ends when its standard input does.</param>
    public SoakProcess(string name, string project, string folder, bool isServer, string[] arguments, IReadOnlyDictionary<string, string> settings)
    {
        (Name, _project, _isServer, _arguments, _settings) = (name, project, isServer, arguments, settings);
        _log = new StreamWriter(Path.Combine(folder, $"{name}.log")) { AutoFlush = true };
        _running = Task.Run(RunAsync);
    }

    public string Name { get; }

    public int Starts { get; private set; }

    /// <summary>Null between its death and its next start.</summary>
    public int? Id => _process is { HasExited: false } process ? process.Id : null;

    /// <param name="signal">As of <c>kill</c>: KILL, TERM, STOP, CONT.</param>
    public void Signal(string signal)
    {
        if (Id is { } id)
            Process.Start(new ProcessStartInfo("kill", [$"-{signal}", $"{id}"]) { RedirectStandardError = true })!.Dispose();
    }

    async Task RunAsync()
    {
        while (!_isOver)
        {
            Starts++;
            Say($"--- start {Starts}");
            using (var process = Start())
            {
                _process = process;
                await process.WaitForExitAsync();
                _process = null;
                Say($"--- ended with {process.ExitCode}");
            }
            if (!_isOver)
                await Task.Delay(RestartAfter);
        }
    }

    Process Start()
    {
        var start = new ProcessStartInfo("dotnet", ["exec", BuiltProgram.AssemblyOf(_project), .. _arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in _settings)
            start.Environment[key] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Say(line.Data);
        process.ErrorDataReceived += (_, line) => Say(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    void Say(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            if (_log.BaseStream is not null)
                _log.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {line}");
    }

    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        Signal("CONT");
        if (_process is { } process)
        {
            try
            {
                if (_isServer)
                    process.StandardInput.Close();
                else
                    Signal("TERM");
                await process.WaitForExitAsync().WaitAsync(StopLimit);
            }
            catch (TimeoutException)
            {
                Signal("KILL");
            }
            catch (InvalidOperationException)
            {
                // It has ended meanwhile.
            }
        }
        await _running;
        lock (_log)
            _log.Dispose();
    }
}
