using System.Diagnostics;
using System.Text;

namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>The embedded ClickHouse as a process of its own, on a free port and in a folder of its own.</summary>
/// <remarks>
/// A class fixture for tests that kill or restart it; tests that only need a ClickHouse share one: <see cref="ClickHouseCollection"/>.
/// It ends with the test process, however that ends.
/// </remarks>
public sealed class ClickHouseProcess : EmbeddedServerProcess, IDisposable
{
    const string Assembly = "Batch.EmbeddedClickHouse.dll";
    static readonly HttpClient Http = new() { Timeout = TimeSpan.FromMinutes(2) };

    readonly string[] _arguments;

    /// <summary>Not started: xunit does so, <see cref="StartAsync"/>, or <see cref="EmbeddedServerProcess.LaunchAsync"/>.</summary>
    public ClickHouseProcess()
        : this([])
    {
    }

    /// <param name="dataFolder">Where it keeps its data; null: in a folder of its own.</param>
    internal ClickHouseProcess(string[] arguments, string? dataFolder = null)
        : base(Assembly, "batch-clickhouse-", dataFolder) => _arguments = arguments;

    /// <summary>The assembly to be run with <c>dotnet exec</c>.</summary>
    public static string AssemblyPath => Path.Combine(AppContext.BaseDirectory, Assembly);

    /// <summary>For example <c>http://127.0.0.1:40123</c>. Stays the same over restarts.</summary>
    public string Url => Address;

    public override int Port => new Uri(Url).Port;

    protected override IEnumerable<string> MoreArguments => ["--wait-for-lock", "20", .. _arguments];

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
    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await Task.Delay(1_000);
    }

    /// <summary>How to run the process with these arguments; all three standard streams are redirected.</summary>
    public static ProcessStartInfo StartInfo(IEnumerable<string> arguments) => StartInfo(AssemblyPath, arguments);

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
}
