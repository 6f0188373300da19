using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Batch.Benchmarks.Running;

/// <summary>A program of this solution as a process: the one that was built beside this, in the same configuration.</summary>
internal sealed class BuiltProgram : IAsyncDisposable
{
    const string Ready = "Ready on ";
    static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(45);
    const int FirstPort = 20_000, LastPort = 32_000;
    static int _nextPort = Random.Shared.Next(FirstPort, LastPort);
    static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    readonly string _project;
    readonly Process _process;
    readonly Queue<string> _said = [];
    // An embedded server ends when its standard input does: with this process, however that ends.
    readonly bool _endsWithItsInput;

    BuiltProgram(string project, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> settings, bool isServer)
    {
        (_project, _endsWithItsInput) = (project, isServer);
        var start = new ProcessStartInfo("dotnet", ["exec", AssemblyOf(project), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has used so far.</summary>
    public ProcessFigures Figures => ProcessFigures.Of(_process.Id);

    /// <summary>Starts one of the embedded servers on a free port, and returns when it answers.</summary>
    /// <returns>The server, and its address as it says it.</returns>
    public static async Task<(BuiltProgram Server, string Address)> StartServerAsync(string project, params string[] arguments)
    {
        var server = new BuiltProgram(project, ["--port", "0", "--exit-with-parent", .. arguments], new Dictionary<string, string>(), isServer: true);
        using var limit = new CancellationTokenSource(StartLimit);
        try
        {
            if (await server._process.StandardOutput.ReadLineAsync(limit.Token) is { } line && line.StartsWith(Ready, StringComparison.Ordinal))
                return (server, line[Ready.Length..]);
        }
        catch (OperationCanceledException)
        {
            // Too late.
        }
        throw await server.NotStartedAsync();
    }

    /// <summary>Starts API or worker on a free port, and returns when it answers.</summary>
    public static async Task<(BuiltProgram Service, Uri Address)> StartServiceAsync(string project, IReadOnlyDictionary<string, string> settings)
    {
        var address = new Uri($"http://localhost:{FreePort()}");
        // Jobs are many, and a line for each is none of what is measured.
        var service = new BuiltProgram(project, ["--urls", address.ToString(), "--Logging:Console:LogLevel:Default", "Warning"], settings, isServer: false);
        service._process.OutputDataReceived += (_, line) => service.Hear(line.Data);
        service._process.BeginOutputReadLine();
        for (var until = DateTime.UtcNow + StartLimit; !await IsUpAsync(new Uri(address, "/alive")); await Task.Delay(50))
            if (service._process.HasExited || DateTime.UtcNow > until)
                throw await service.NotStartedAsync();
        return (service, address);
    }

    async Task<InvalidOperationException> NotStartedAsync()
    {
        await DisposeAsync();
        lock (_said)
            return new($"{_project} could not be started. {string.Join(Environment.NewLine, _said)}");
    }

    /// <summary>Keeps the last lines, for whoever asks why it did not start.</summary>
    void Hear(string? line)
    {
        if (line is null)
            return;
        lock (_said)
        {
            _said.Enqueue(line);
            if (_said.Count > 20)
                _said.Dequeue();
        }
    }

    static async Task<bool> IsUpAsync(Uri address)
    {
        try
        {
            using var answer = await Http.GetAsync(address);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    // …/artifacts/bin/Batch.Benchmarks/release/ → …/artifacts/bin/Batch.Api/release/Batch.Api.dll
    public static string AssemblyOf(string project)
    {
        var here = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var path = Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, $"{project}.dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: start the benchmarks with 'dotnet run', which builds it.");
    }

    /// <summary>A port that nobody has now, below those of outgoing connections.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = FirstPort + Interlocked.Increment(ref _nextPort) % (LastPort - FirstPort);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
    }

    /// <summary>Ends it in good order, or by force where that takes longer than it may.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_endsWithItsInput)
            _process.StandardInput.Close();
        else if (!_process.HasExited)
            Process.Start("kill", ["-TERM", $"{_process.Id}"]).Dispose();
        using var limit = new CancellationTokenSource(StopLimit);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }
}
