using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Batch.Core.Telemetry;
using ClickHouse.Driver.ADO;
using Driver = ClickHouse.Driver;

namespace Batch.Core.ClickHouse;

/// <summary>ClickHouse over its HTTP interface: a server, a cluster's load balancer or the embedded process.</summary>
/// <remarks>
/// A layer over the official driver. It adds that every fault is a <see cref="ClickHouseException"/> that knows whether to retry,
/// that every request has a timeout, and that spans carry the query_id; the driver's own spans (source "ClickHouse.Driver") do
/// not, and would duplicate ours. Nothing is retried here. Values are sent as parameters and rows as bodies, never as part of the
/// query text. Safe for concurrent use; connections are pooled.
/// </remarks>
public sealed partial class ClickHouseClient
{
    /// <summary>Ends a query by primary key for a few rows.</summary>
    /// <remarks>
    /// No other threads: there is next to nothing to read or write, and waking them takes longer. Reading in two steps saves
    /// nothing either. Threads alone are about a quarter of the cost of such a query.
    /// </remarks>
    internal const string SmallQuery =
        "SETTINGS max_threads = 1, optimize_move_to_prewhere = 0, local_filesystem_read_method = 'pread', output_format_parallel_formatting = 0";

    const string EachRow = "\nFORMAT JSONEachRow";
    readonly ClickHouseOptions _options;
    readonly Uri _address;
    readonly TimeSpan _timeout;
    readonly HttpClient _http;
    readonly Driver.ClickHouseClient _driver;
    readonly ClickHousePulse _pulse;

    /// <param name="transport">Carries the requests.</param>
    public ClickHouseClient(HttpMessageHandler transport, ClickHouseOptions options)
    {
        _options = options;
        _address = new Uri(options.Url);
        _timeout = TimeSpan.FromSeconds(options.TimeoutSeconds);
        _pulse = new ClickHousePulse(ProbeAsync, TimeSpan.FromSeconds(options.SilenceSeconds), TimeProvider.System);
        // Each request has its own timeout, which distinguishes it from the caller's cancellation.
        _http = new HttpClient(new ClickHouseFaults(transport, _timeout)) { Timeout = Timeout.InfiniteTimeSpan };
        _driver = new(new ClickHouseClientSettings
        {
            HttpClient = _http,
            Protocol = _address.Scheme,
            Host = _address.Host,
            Port = (ushort)_address.Port,
            Path = _address.AbsolutePath,
            Database = options.Database,
            Username = options.User is { Length: > 0 } user ? user : ClickHouseDefaults.Username,
            Password = options.Password ?? "",
            // The network is close, and compression costs more than it saves. The driver reads and writes no JSON columns.
            UseCompression = false,
            JsonReadMode = Driver.JsonReadMode.None,
            JsonWriteMode = Driver.JsonWriteMode.None,
            CustomSettings =
            {
                // ClickHouse's own limit, 256 KiB, is less than the names of two thousand columns may take.
                ["max_query_size"] = 1 << 20,
                ["output_format_json_quote_64bit_integers"] = 0,
            },
        });
    }

    /// <summary>A client with a connection pool of its own.</summary>
    public static ClickHouseClient Create(ClickHouseOptions options) => new(
        new SocketsHttpHandler
        {
            // A load balancer may have switched servers, and a server closes idle connections after 10 s: a request on one of those would fail.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(8),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        },
        options);

    /// <summary>The database that unqualified table names are looked up in.</summary>
    public string Database => _options.Database;

    /// <summary>A statement without an answer, for example DDL. Returns when it has taken effect.</summary>
    public Task ExecuteAsync(string sql, ClickHouseParameters? parameters, CancellationToken cancellationToken) =>
        ExecuteAsync(sql, parameters, _options.Database, cancellationToken);

    /// <param name="database">Null: none, because it may not exist yet.</param>
    internal async Task ExecuteAsync(string sql, ClickHouseParameters? parameters, string? database, CancellationToken cancellationToken)
    {
        using var timeout = Limit(cancellationToken);
        using var result = await SendAsync(sql, parameters, database, waitForEnd: true, isRead: false, cancellationToken, timeout.Token);
    }

    /// <summary>All rows of a small result.</summary>
    public async Task<List<T>> QueryAsync<T>(
        string sql, ClickHouseParameters? parameters, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var read = BeginRead();
        using var timeout = Limit(cancellationToken, read.Silent);
        using var result = await SendAsync(sql + EachRow, parameters, _options.Database, waitForEnd: true, isRead: true, cancellationToken, timeout.Token);
        return ReadRows(await result.ReadAsByteArrayAsync(), type);
    }

    /// <summary>The answer to <paramref name="sql"/>, which names its FORMAT, byte by byte. Reading it throws faults in mid-stream.</summary>
    public async Task<Stream> OpenAsync(string sql, ClickHouseParameters? parameters, CancellationToken cancellationToken)
    {
        using var read = BeginRead();
        using var timeout = Limit(cancellationToken, read.Silent);
        var result = await SendAsync(sql, parameters, _options.Database, waitForEnd: false, isRead: true, cancellationToken, timeout.Token);
        return await result.ReadAsStreamAsync(); // Disposing it is enough: it holds the connection.
    }

    /// <summary>Returns when ClickHouse answers.</summary>
    /// <remarks>The driver's own ping does not say why there was no answer.</remarks>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        using var timeout = Limit(cancellationToken);
        using var response = await Guard(_http.GetAsync(new Uri($"{_address.AbsoluteUri.TrimEnd('/')}/ping"), timeout.Token), cancellationToken);
    }

    /// <exception cref="ClickHouseException">It has answered nothing for a while, and nobody should wait until it does.</exception>
    public void EnsureAnswers()
    {
        if (_pulse.IsSilent)
            throw NothingAnswered(null);
    }

    ClickHousePulse.Read BeginRead()
    {
        EnsureAnswers();
        return _pulse.Begin();
    }

    async Task ProbeAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendAsync("SELECT 1", null, null, waitForEnd: true, isRead: true, cancellationToken, cancellationToken);
    }

    async Task<ClickHouseRawResult> SendAsync(
        string sql, ClickHouseParameters? parameters, string? database, bool waitForEnd, bool isRead,
        CancellationToken cancellationToken, CancellationToken limited)
    {
        var queryId = Guid.NewGuid().ToString("N");
        // Polls and heartbeats run outside any trace; a span each would be a trace each.
        using var span = Activity.Current is null ? null : BatchSpans.StartQuery(null, queryId);
        var started = Stopwatch.GetTimestamp();
        // Not a connection of the network: those are pooled. Only a command takes parameters and gives back the bytes.
        using var connection = _driver.CreateConnection();
        connection.ChangeDatabase(database ?? "");
        using var command = new ClickHouseCommand(connection) { CommandText = sql, QueryId = queryId };
        parameters?.CopyTo(command.Parameters);
        if (waitForEnd)
            command.CustomSettings[ClickHouseFaults.WaitForEnd] = 1;
        if (isRead)
        {
            // Nobody reads the answer any more once the connection is closed: then ClickHouse ends the query, if it is one that changes nothing.
            command.CustomSettings["readonly"] = 2;
            command.CustomSettings["cancel_http_readonly_queries_on_client_close"] = 1;
        }
        try
        {
            var result = await Guard(command.ExecuteRawResultAsync(limited), cancellationToken);
            ClickHouseMetrics.Queried(Stopwatch.GetElapsedTime(started));
            return result;
        }
        catch (ClickHouseException exception)
        {
            ClickHouseMetrics.QueryFailed(exception.ErrorCode, Stopwatch.GetElapsedTime(started));
            Describe(span, exception);
            throw;
        }
    }

    CancellationTokenSource Limit(CancellationToken cancellationToken, CancellationToken silent = default)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silent);
        source.CancelAfter(_timeout);
        return source;
    }

    // Every fault on the wire becomes one kind of exception; the caller's own cancellation stays as it is.
    async Task<T> Guard<T>(Task<T> task, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await task;
            _pulse.Heard();
            return answer;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (_pulse.IsSilent)
                throw NothingAnswered(exception);
            throw new ClickHouseException(
                ClickHouseErrors.NoAnswer, $"No answer from {_address} within {_timeout.TotalSeconds:0} s.", true, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new ClickHouseException(ClickHouseErrors.NoAnswer, $"No answer from {_address}: {exception.Message}", true, exception);
        }
    }

    ClickHouseException NothingAnswered(Exception? inner) => new(
        ClickHouseErrors.NoAnswer, $"{_address} has answered nothing for {_pulse.Silence.TotalSeconds:0} s.", true, inner);

    static List<T> ReadRows<T>(byte[] body, JsonTypeInfo<T> type)
    {
        var rows = new List<T>();
        var rest = body.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (!line.IsEmpty)
                rows.Add(JsonSerializer.Deserialize(line, type)!);
        }
        return rows;
    }

    static void Describe(Activity? span, ClickHouseException exception)
    {
        span?.SetTag(BatchAttributes.DatabaseErrorCode, exception.ErrorCode.ToString(CultureInfo.InvariantCulture));
        span.Failed(exception);
    }
}
