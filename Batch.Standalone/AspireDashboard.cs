using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Batch.Standalone;

/// <summary>The real Aspire dashboard as a child process, on loopback only, for as long as this object lives.</summary>
/// <remarks>
/// The child outlives its parent by no means: it runs under a shell that holds the read end of a pipe whose write end is ours, and ends
/// it when that pipe closes, which the kernel does even where this process is killed. Its home folder is a private one, so
/// that it neither reads nor leaves anything in the user's.
/// </remarks>
public sealed class AspireDashboard : IAsyncDisposable
{
    // $0 is the CLI. A background command of a script has no standard input of its own, hence the copy on 3.
    const string Guard = """
        exec 3<&0
        "$0" "$@" </dev/null 3<&- &
        child=$!
        (cat <&3 >/dev/null; kill "$child" 2>/dev/null) &
        wait "$child"
        """;

    static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    readonly Process _process;
    readonly Queue<string> _lastLines = new();
    int _disposed;

    AspireDashboard(Process process, Uri url, Uri otlpGrpc, Uri otlpHttp)
    {
        _process = process;
        Url = url;
        OtlpGrpc = otlpGrpc;
        OtlpHttp = otlpHttp;
    }

    /// <summary>The web page.</summary>
    public Uri Url { get; }

    /// <summary>Takes OTLP over gRPC.</summary>
    public Uri OtlpGrpc { get; }

    /// <summary>Takes OTLP over http/protobuf.</summary>
    public Uri OtlpHttp { get; }

    /// <summary>Settings under which a host sends its telemetry here: the <c>OTEL_*</c> that Aspire injects, with short intervals.</summary>
    public IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = OtlpHttp.ToString(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "1000",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "1000",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "2000",
    };

    /// <summary>Starts it and returns when its page answers.</summary>
    /// <param name="progress">Told in a sentence what takes long: fetching, the first time.</param>
    /// <exception cref="AspireDashboardException">It could not be fetched, or did not answer in time; the message holds its last words.</exception>
    public static async Task<AspireDashboard> StartAsync(
        AspireDashboardOptions options, Action<string>? progress, CancellationToken cancellationToken)
    {
        var cli = await AspireDashboardCli.FindOrFetchAsync(options, progress, cancellationToken);
        var dashboard = Start(cli, options);
        try
        {
            await dashboard.WaitUntilItAnswersAsync(options.StartTimeout, cancellationToken);
            return dashboard;
        }
        catch
        {
            await dashboard.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        try
        {
            _process.StandardInput.Close();
            using var deadline = new CancellationTokenSource(EndTimeout);
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }
        finally
        {
            _process.Dispose();
        }
    }

    /// <summary>Lets go of the child as a killed process would.</summary>
    internal void BreakPipe() => _process.StandardInput.Close();

    static AspireDashboard Start(string cli, AspireDashboardOptions options)
    {
        if (options.Port != 0 && !IsFree(options.Port))
            throw new AspireDashboardException($"Port {options.Port} for the Aspire dashboard is taken. Stop what uses it, or choose another with --dashboard-port.");
        var home = Path.Combine(options.Directory, "home");
        Directory.CreateDirectory(home);
        var url = Loopback(options.Port == 0 ? FreePort() : options.Port);
        var otlpGrpc = Loopback(FreePort());
        var otlpHttp = Loopback(FreePort());
        var start = new ProcessStartInfo("/bin/sh",
        [
            "-c", Guard, cli, "dashboard", "run", "--non-interactive", "--nologo", "--allow-anonymous",
            "--frontend-url", url.GetLeftPart(UriPartial.Authority),
            "--otlp-grpc-url", otlpGrpc.GetLeftPart(UriPartial.Authority),
            "--otlp-http-url", otlpHttp.GetLeftPart(UriPartial.Authority),
        ])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home,
        };

        // What is meant for this process's hosts (where to listen, where to send telemetry) is not meant for the dashboard.
        foreach (var name in start.Environment.Keys.Where(IsOurs).ToList())
            start.Environment.Remove(name);
        start.Environment["HOME"] = home;
        start.Environment["ASPIRE_CLI_TELEMETRY_OPTOUT"] = "true";
        start.Environment["ASPIRE_DASHBOARD_TELEMETRY_OPTOUT"] = "true";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "true";
        start.Environment["ASPIRE_VERSION_CHECK_DISABLED"] = "true";

        var process = new Process { StartInfo = start };
        var dashboard = new AspireDashboard(process, url, otlpGrpc, otlpHttp);
        process.OutputDataReceived += dashboard.Remember;
        process.ErrorDataReceived += dashboard.Remember;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return dashboard;
    }

    async Task WaitUntilItAnswersAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_process.HasExited)
                throw new AspireDashboardException($"The Aspire dashboard ended at once. {LastWords()}");
            try
            {
                using var answer = await http.GetAsync(new Uri(Url, "/health"), cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (Exception exception) when (exception is HttpRequestException ||
                (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // Not yet.
            }

            if (Stopwatch.GetElapsedTime(started) > timeout)
                throw new AspireDashboardException($"The Aspire dashboard did not answer within {timeout.TotalSeconds:0} s. {LastWords()}");
            await Task.Delay(100, cancellationToken);
        }
    }

    void Remember(object sender, DataReceivedEventArgs line)
    {
        if (string.IsNullOrWhiteSpace(line.Data))
            return;
        lock (_lastLines)
        {
            _lastLines.Enqueue(line.Data.Trim());
            if (_lastLines.Count > 10)
                _lastLines.Dequeue();
        }
    }

    string LastWords()
    {
        lock (_lastLines)
            return _lastLines.Count == 0 ? "It said nothing." : $"It said: {string.Join(" | ", _lastLines)}";
    }

    static bool IsOurs(string name) =>
        name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase) ||
        name.StartsWith("DOTNET_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Kestrel__", StringComparison.OrdinalIgnoreCase) ||
        name is "URLS" or "HTTP_PORTS" or "HTTPS_PORTS";

    static Uri Loopback(int port) => new($"http://127.0.0.1:{port}/");

    static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
