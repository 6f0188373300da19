using System.Diagnostics;
using System.Text;
using Xunit;

namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>The embedded ClickHouse as a process of its own, on a free port and in a folder of its own.</summary>
/// <remarks>
/// A class fixture for tests that kill or restart it; tests that only need a ClickHouse share one: <see cref="ClickHouseCollection"/>.
/// It ends with the test process, however that ends.
/// </remarks>
public sealed class ClickHouseProcess : IAsyncLifetime, IDisposable
{
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);
    static readonly HttpClient Http = new() { Timeout = TimeSpan.FromMinutes(2) };

    readonly string[] _arguments;
    readonly StringBuilder _errors = new();
    Process? _process;

    /// <summary>Not started: xunit does so, or <see cref="StartAsync"/>.</summary>
    public ClickHouseProcess()
        : this([])
    {
    }

    ClickHouseProcess(string[] arguments) => _arguments = arguments;

    /// <summary>The assembly to be run with <c>dotnet exec</c>.</summary>
    public static string AssemblyPath => Path.Combine(AppContext.BaseDirectory, "Batch.EmbeddedClickHouse.dll");

    /// <summary>Where the engine keeps its tables.</summary>
    public string DataFolder { get; } = Path.Combine(Path.GetTempPath(), "batch-clickhouse-" + Guid.NewGuid().ToString("N"));

    /// <summary>For example <c>http://127.0.0.1:40123</c>. Stays the same over restarts.</summary>
    public string Url { get; private set; } = "";

    public int Port => new Uri(Url).Port;

    public int ProcessId => Running.Id;

    /// <summary>What it wrote to standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    Process Running => _process ?? throw new InvalidOperationException("The ClickHouse process is not running.");

    /// <summary>A process with further command line arguments.</summary>
    public static async Task<ClickHouseProcess> StartAsync(params string[] arguments)
    {
        var process = new ClickHouseProcess(arguments);
        try
        {
            await process.InitializeAsync();
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Starts it, and returns when it answers and has been up for a second.</summary>
    /// <remarks>It says in whole seconds how long it is up: jobs made in its first one would be taken for older than it is.</remarks>
    public async Task InitializeAsync()
    {
        await LaunchAsync(port: 0);
        await Task.Delay(1_000);
    }

    async Task LaunchAsync(int port)
    {
        var start = StartInfo(["--data", DataFolder, "--port", $"{port}", "--exit-with-parent", "--wait-for-lock", "20", .. _arguments]);
        var process = Process.Start(start)!;
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(StartLimit);
        var ready = await process.StandardOutput.ReadLineAsync(limit.Token);
        if (ready is null || !ready.StartsWith("Ready on ", StringComparison.Ordinal))
        {
            await process.WaitForExitAsync(limit.Token);
            throw new InvalidOperationException($"The ClickHouse process did not start: {Errors}");
        }
        Url = ready["Ready on ".Length..];
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

    /// <summary>Ends it in good order, if it runs, by closing its standard input.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process)
        {
            return;
        }
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(StopLimit);
        await process.WaitForExitAsync(limit.Token);
        process.Dispose();
        _process = null;
    }

    /// <summary>Starts it again on the same data and the same port, after it was killed or in good order.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await LaunchAsync(Port);
    }

    /// <summary>Runs SQL and returns the answer's text.</summary>
    /// <exception cref="HttpRequestException">The engine refused; the message holds its text.</exception>
    public async Task<string> QueryAsync(string sql) => Encoding.UTF8.GetString(await QueryBytesAsync(sql));

    /// <summary>The same for an answer that is not text.</summary>
    public async Task<byte[]> QueryBytesAsync(string sql)
    {
        using var answer = await Http.PostAsync(Url + "/", new StringContent(sql));
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        return answer.IsSuccessStatusCode ? bytes : throw new HttpRequestException(Encoding.UTF8.GetString(bytes), null, answer.StatusCode);
    }

    /// <summary>Sends a statement in the URL with a body beside it, the settings and other parameters in the URL too.</summary>
    /// <param name="query">Null: the statement is in the body.</param>
    /// <param name="encoding">Content encoding of the body.</param>
    public async Task<ClickHouseAnswer> PostAsync(
        string? query, byte[] body, IReadOnlyDictionary<string, string>? parameters = null, string? encoding = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, UrlOf(query, parameters)) { Content = new ByteArrayContent(body) };
        if (encoding is not null)
        {
            request.Content.Headers.ContentEncoding.Add(encoding);
        }
        return await SendAsync(request);
    }

    public async Task<ClickHouseAnswer> GetAsync(string query, IReadOnlyDictionary<string, string>? parameters = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, UrlOf(query, parameters));
        return await SendAsync(request);
    }

    /// <summary>Address of <c>/</c> with these parameters.</summary>
    public string UrlOf(string? query, IReadOnlyDictionary<string, string>? parameters = null)
    {
        var pairs = (parameters ?? new Dictionary<string, string>()).Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}");
        return Url + "/?" + string.Join('&', query is null ? pairs : pairs.Prepend("query=" + Uri.EscapeDataString(query)));
    }

    public static async Task<ClickHouseAnswer> SendAsync(HttpRequestMessage request)
    {
        using var answer = await Http.SendAsync(request);
        var headers = answer.Headers.Concat(answer.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase);
        return new ClickHouseAnswer(answer.StatusCode, await answer.Content.ReadAsStringAsync(), headers);
    }

    /// <summary>Makes a database of a new name, so that tests that share the process do not meet.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = "test_" + Guid.NewGuid().ToString("N");
        await QueryAsync($"CREATE DATABASE {name}");
        return name;
    }

    async Task IAsyncLifetime.DisposeAsync()
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
        {
            Kill9();
        }
        if (Directory.Exists(DataFolder))
        {
            Directory.Delete(DataFolder, recursive: true);
        }
    }
}
