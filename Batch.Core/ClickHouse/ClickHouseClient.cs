using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Batch.Core.Telemetry;

namespace Batch.Core.ClickHouse;

/// <summary>ClickHouse over its HTTP interface: a server, a cluster's balancer or the embedded process, it is all the same.</summary>
/// <remarks>
/// Every fault is a <see cref="ClickHouseException"/> that knows whether to retry; nothing is retried here. Values go in as parameters
/// and rows as bodies, never as part of a query's text. Safe for concurrent use; connections are pooled.
/// </remarks>
public sealed partial class ClickHouseClient(HttpClient http, ClickHouseOptions options)
{
    /// <summary>Ends a query by primary key for a few rows.</summary>
    /// <remarks>
    /// No other threads: there is next to nothing to read or to write, and waking them takes longer. Nor is anything saved by reading in two
    /// steps. Of such a query's cost the threads alone are about a quarter.
    /// </remarks>
    internal const string SmallQuery =
        "SETTINGS max_threads = 1, optimize_move_to_prewhere = 0, local_filesystem_read_method = 'pread', output_format_parallel_formatting = 0";

    const string EachRow = "\nFORMAT JSONEachRow";
    readonly Uri _address = new(options.Url);
    readonly TimeSpan _patience = TimeSpan.FromSeconds(options.TimeoutSeconds);

    /// <summary>A client with a connection pool of its own.</summary>
    public static ClickHouseClient Create(ClickHouseOptions options) => new(
        new HttpClient(new SocketsHttpHandler
        {
            // A balancer may have moved on, and a server closes idle connections after 10 s: a request on one of those would fail.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(8),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        })
        { Timeout = Timeout.InfiniteTimeSpan },
        options);

    /// <summary>The database that unqualified table names are looked up in.</summary>
    public string Database => options.Database;

    /// <summary>A statement without an answer, for example DDL. Returns when it has taken effect.</summary>
    public Task ExecuteAsync(string sql, ClickHouseParameters? parameters, CancellationToken cancellationToken) =>
        ExecuteAsync(sql, parameters, options.Database, cancellationToken);

    internal async Task ExecuteAsync(string sql, ClickHouseParameters? parameters, string? database, CancellationToken cancellationToken)
    {
        using var timeout = Limit(cancellationToken);
        using var response = await SendAsync(sql, parameters, database, waitForEnd: true, cancellationToken, timeout.Token);
        await Guard(response.Content.ReadAsByteArrayAsync(timeout.Token), cancellationToken);
    }

    /// <summary>All rows of a small result.</summary>
    public async Task<List<T>> QueryAsync<T>(
        string sql, ClickHouseParameters? parameters, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var timeout = Limit(cancellationToken);
        using var response = await SendAsync(sql + EachRow, parameters, options.Database, waitForEnd: true, cancellationToken, timeout.Token);
        var body = await Guard(response.Content.ReadAsByteArrayAsync(timeout.Token), cancellationToken);
        return ReadRows(body, type);
    }

    /// <summary>The rows of a result of any size, as they come.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        string sql, ClickHouseParameters? parameters, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var body = await OpenAsync(sql + EachRow, parameters, cancellationToken);
        await foreach (var row in JsonSerializer.DeserializeAsyncEnumerable(body, type, topLevelValues: true, cancellationToken))
            yield return row!;
    }

    /// <summary>The answer to <paramref name="sql"/>, which names its FORMAT, byte by byte. Reading it throws what goes wrong on the way.</summary>
    public async Task<Stream> OpenAsync(string sql, ClickHouseParameters? parameters, CancellationToken cancellationToken)
    {
        using var timeout = Limit(cancellationToken);
        var response = await SendAsync(sql, parameters, options.Database, waitForEnd: false, cancellationToken, timeout.Token);
        try
        {
            var tag = response.Headers.TryGetValues("X-ClickHouse-Exception-Tag", out var tags) ? tags.First() : null;
            return new ClickHouseResponseStream(response, await response.Content.ReadAsStreamAsync(cancellationToken), tag, _patience);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Returns when ClickHouse answers.</summary>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        using var timeout = Limit(cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_address, "ping"));
        using var response = await Guard(http.SendAsync(request, timeout.Token), cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw ClickHouseErrors.Of((int)response.StatusCode, null, "no answer to a ping");
    }

    async Task<HttpResponseMessage> SendAsync(
        string sql, ClickHouseParameters? parameters, string? database, bool waitForEnd,
        CancellationToken cancellationToken, CancellationToken limited)
    {
        var queryId = Guid.NewGuid().ToString("N");
        // Polls and heartbeats run outside any trace; a span each would be a trace each.
        using var span = Activity.Current is null ? null : BatchSpans.StartQuery(null, queryId);
        var started = Stopwatch.GetTimestamp();
        var url = Url(queryId, database);
        if (waitForEnd)
            url.Append("&wait_end_of_query=1");
        foreach (var (name, value) in parameters?.Values ?? [])
            url.Append("&param_").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        try
        {
            var response = await PostAsync(url, new ByteArrayContent(Encoding.UTF8.GetBytes(sql)), cancellationToken, limited);
            ClickHouseMetrics.Queried(Stopwatch.GetElapsedTime(started));
            return response;
        }
        catch (ClickHouseException exception)
        {
            ClickHouseMetrics.QueryFailed(exception.ErrorCode, Stopwatch.GetElapsedTime(started));
            Describe(span, exception);
            throw;
        }
    }

    async Task<HttpResponseMessage> PostAsync(
        StringBuilder url, HttpContent content, CancellationToken cancellationToken, CancellationToken limited)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_address, url.ToString())) { Content = content };
        if (!string.IsNullOrEmpty(options.User))
            request.Headers.TryAddWithoutValidation("X-ClickHouse-User", options.User);
        if (!string.IsNullOrEmpty(options.Password))
            request.Headers.TryAddWithoutValidation("X-ClickHouse-Key", options.Password);
        var response = await Guard(http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limited), cancellationToken);
        var code = CodeOf(response);
        if (response.IsSuccessStatusCode && code is null)
            return response;
        using (response)
        {
            var text = await Guard(response.Content.ReadAsStringAsync(limited), cancellationToken);
            throw ClickHouseErrors.Of((int)response.StatusCode, code, text);
        }
    }

    StringBuilder Url(string queryId, string? database)
    {
        var url = new StringBuilder("?query_id=", 512).Append(queryId);
        if (database is not null)
            url.Append("&database=").Append(Uri.EscapeDataString(database));
        // ClickHouse's own limit, 256 KiB, is less than the names of two thousand columns may take.
        return url.Append("&max_query_size=1048576&output_format_json_quote_64bit_integers=0");
    }

    CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(_patience);
        return source;
    }

    // Everything that can go wrong on the wire comes out as one kind of exception; the caller's own cancellation stays what it is.
    async Task<T> Guard<T>(Task<T> task, CancellationToken cancellationToken)
    {
        try
        {
            return await task;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ClickHouseException(
                ClickHouseErrors.NoAnswer, $"No answer from {_address} within {_patience.TotalSeconds:0} s.", true, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new ClickHouseException(ClickHouseErrors.NoAnswer, $"No answer from {_address}: {exception.Message}", true, exception);
        }
    }

    static int? CodeOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-ClickHouse-Exception-Code", out var values)
        && int.TryParse(values.First(), CultureInfo.InvariantCulture, out var code) ? code : null;

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
