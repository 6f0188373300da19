using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Batch.Core.ClickHouse;
using Batch.Core.Models;
using Batch.Core.Telemetry;
using Batch.Csv.Validation;
using Batch.Tests.EmbeddedClickHouse;
using Batch.Tests.Validation;

namespace Batch.Tests.ClickHouse;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class ClickHouseClientTests(ClickHouseProcess process) : IAsyncLifetime
{
    ClickHouseScope _scope = null!;

    public async Task InitializeAsync() => _scope = await ClickHouseScope.CreateAsync(process);
    public async Task DisposeAsync() => await _scope.DisposeAsync();

    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("it's \\N a \"quoted\" \\ back\\\\slash")]
    [InlineData("tab\t line\n return\r null\0 bell\b feed\f")]
    [InlineData("%41&param_x=1+ä€😀{y:String}")]
    [InlineData("'; DROP TABLE jobs; --")]
    public async Task Parameter_arrives_as_it_was_given(string value)
    {
        var rows = await _scope.Client.QueryAsync(
            "SELECT {x:String} AS text", new ClickHouseParameters().Add("x", value), TestJson.Default.TextRow, ClickHouseScope.Soon);
        Assert.Equal(value, Assert.Single(rows).Text);

        rows = await _scope.Client.QueryAsync(
            "SELECT arrayJoin({x:Array(String)}) AS text", new ClickHouseParameters().Add("x", [value, "b"]), TestJson.Default.TextRow, ClickHouseScope.Soon);
        Assert.Equal([value, "b"], rows.Select(row => row.Text));
    }

    [Theory]
    [InlineData("a`b\\")]
    [InlineData("select")]
    [InlineData("a b.c'd\"e")]
    [InlineData("größe")]
    public async Task Any_name_can_be_an_identifier(string name)
    {
        var quoted = ClickHouseIdentifier.Quote(name);
        await _scope.ExecuteAsync($"CREATE TABLE {quoted} ({quoted} String) ENGINE = MergeTree ORDER BY tuple()");
        await _scope.Client.InsertAsync(name, [name], NativeBlocks.Of((name, new[] { "x" })), "t", ClickHouseScope.Soon);
        Assert.Equal("x", await _scope.ScalarAsync($"SELECT {quoted} FROM {quoted}"));
        Assert.Equal(name,
            await _scope.ScalarAsync(
                $"SELECT name FROM system.columns WHERE database = '{_scope.Options.Database}' AND name = '{name.Replace("\\", "\\\\").Replace("'", "\\'")}' LIMIT 1"));
    }

    [Fact]
    public async Task Same_token_twice_is_one_block_and_another_token_is_another()
    {
        await _scope.ExecuteAsync($"CREATE TABLE t (n UInt64, s String) ENGINE = MergeTree ORDER BY n SETTINGS {ClickHouseTables.Deduplication}");
        var block = NativeBlocks.Of(("n", new ulong[] { 1, 2, 300 }), ("s", new[] { "a", new string('b', 1000), "" }));
        foreach (var token in new[] { "job:1", "job:1", "job:2" })
            await _scope.Client.InsertAsync("t", ["n", "s"], block, token, ClickHouseScope.Soon);
        Assert.Equal("6\t606\t2002", await _scope.ScalarAsync("SELECT count(), sum(n), sum(length(s)) FROM t"));
    }

    [Fact]
    public async Task An_insert_allocates_next_to_nothing_for_a_row()
    {
        const int rows = 100_000, inserts = 10;
        var csv = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, rows).Select(row => $"evt-{row},{1_716_045_542 + row},{row}.5\n")));
        using var validator = new ChunkValidator();
        var block = validator.Validate(Chunk.Header(rows, [0, 1, 2]), Chunk.Purchases, csv, default).Data!;
        await _scope.ExecuteAsync(DataTable.Create("t", Chunk.Purchases));
        await _scope.Client.InsertAsync("t", block.Columns, block.Bytes, "first", ClickHouseScope.Soon);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < inserts; i++)
            await _scope.Client.InsertAsync("t", block.Columns, block.Bytes, $"{i}", ClickHouseScope.Soon);
        // A block of three megabytes is sent as it is: what is allocated is for the request.
        Assert.InRange((GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(rows * inserts), 0, 0.5);
        Assert.Equal($"{rows * (inserts + 1)}", await _scope.ScalarAsync("SELECT count() FROM t"));
    }

    [Fact]
    public async Task Error_carries_code_words_and_verdict()
    {
        var fault = await Assert.ThrowsAsync<ClickHouseException>(() => _scope.ExecuteAsync("SELECT * FROM nowhere"));
        Assert.Equal(ClickHouseErrors.UnknownTable, fault.ErrorCode);
        // Tables of Batch that are gone are made again.
        Assert.True(fault.IsTransient);
        Assert.Contains("nowhere", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("(version", fault.Message, StringComparison.Ordinal);

        fault = await Assert.ThrowsAsync<ClickHouseException>(() => _scope.ExecuteAsync("SELECT 1 WHERE"));
        Assert.False(fault.IsTransient);
    }

    [Fact]
    public async Task Nobody_there_is_transient_and_says_where()
    {
        // Bound, so that nobody else gets the port, and not listening.
        using var held = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        held.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)held.LocalEndPoint!).Port;
        var client = ClickHouseClient.Create(new() { Url = $"http://127.0.0.1:{port}" });
        var fault = await Assert.ThrowsAsync<ClickHouseException>(() => client.ExecuteAsync("SELECT 1", null, ClickHouseScope.Soon));
        Assert.Equal(ClickHouseErrors.NoAnswer, fault.ErrorCode);
        Assert.True(fault.IsTransient);
        Assert.Contains($"{port}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_answer_in_time_is_transient_and_the_callers_own_cancellation_is_not_a_fault()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = ClickHouseClient.Create(new() { Url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}", TimeoutSeconds = 1 });
        var fault = await Assert.ThrowsAsync<ClickHouseException>(() => client.ExecuteAsync("SELECT 1", null, ClickHouseScope.Soon));
        Assert.True(fault.IsTransient);
        using var cancelled = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ExecuteAsync("SELECT 1", null, cancelled.Token));
    }

    [Fact]
    public async Task Exception_in_mid_stream_is_thrown_and_not_read_as_rows()
    {
        var rows = 0L;
        var fault = await Assert.ThrowsAsync<ClickHouseException>(async () =>
        {
            await foreach (var row in StreamAsync(
                "SELECT toInt64(number) AS n, throwIf(number = 300000, 'enough') AS x FROM numbers(500000) SETTINGS max_block_size = 1000, max_threads = 1"))
            {
                Assert.Equal(rows, row.N);
                rows++;
            }
        });
        // Where the connection was reset before the exception's text was read, the text is gone; that something went wrong is not.
        Assert.True(fault.ErrorCode is 395 or ClickHouseErrors.NoAnswer, fault.Message);
        Assert.InRange(rows, 1, 299_999);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public async Task Stream_gives_every_row(int count)
    {
        var sum = 0L;
        await foreach (var row in StreamAsync($"SELECT toInt64(number) AS n FROM numbers({count})"))
            sum += row.N;
        Assert.Equal((long)count * (count - 1) / 2, sum);
    }

    async IAsyncEnumerable<NumberRow> StreamAsync(string sql)
    {
        await using var body = await _scope.Client.OpenAsync(sql + " FORMAT JSONEachRow", null, ClickHouseScope.Soon);
        await foreach (var row in JsonSerializer.DeserializeAsyncEnumerable(body, TestJson.Default.NumberRow, topLevelValues: true, ClickHouseScope.Soon))
            yield return row!;
    }

    [Fact]
    public async Task Insert_is_a_span_of_the_trace_it_happens_in_with_query_id_and_error_code()
    {
        var spans = new List<Activity>();
        using var source = new ActivitySource("test of " + nameof(ClickHouseClientTests));
        using var listener = new ActivityListener
        {
            ShouldListenTo = candidate => candidate.Name == BatchTelemetry.Name || candidate == source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => { lock (spans) spans.Add(span); },
        };
        ActivitySource.AddActivityListener(listener);
        ActivityTraceId trace;
        using (var parent = source.StartActivity("parent"))
        {
            trace = parent!.TraceId;
            await Assert.ThrowsAsync<ClickHouseException>(() => _scope.Client.InsertAsync(
                "nowhere", ["n"], NativeBlocks.Of(("n", new ulong[] { 1 })), "t", ClickHouseScope.Soon));
        }
        var insert = Assert.Single(spans, span => span.TraceId == trace && span.Source.Name == BatchTelemetry.Name);
        Assert.Equal("clickhouse", insert.GetTagItem(BatchAttributes.DatabaseSystem));
        Assert.Equal("60", insert.GetTagItem(BatchAttributes.DatabaseErrorCode));
        Assert.NotNull(insert.GetTagItem(BatchAttributes.QueryId));
        Assert.Equal(ActivityStatusCode.Error, insert.Status);
    }
}

internal sealed record TextRow(string Text);

internal sealed record NumberRow(long N);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TextRow))]
[JsonSerializable(typeof(NumberRow))]
internal sealed partial class TestJson : JsonSerializerContext;
