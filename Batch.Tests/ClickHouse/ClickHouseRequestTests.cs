using System.Diagnostics;
using System.Net;
using System.Text;
using System.Web;
using Batch.Core.ClickHouse;

namespace Batch.Tests.ClickHouse;

/// <summary>What goes over the wire, and what is made of answers that the embedded ClickHouse does not give.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ClickHouseRequestTests
{
    [Fact]
    public async Task An_insert_is_one_plain_stateless_request_with_its_token()
    {
        var wire = new Wire(() => new(HttpStatusCode.OK));
        await wire.Client().InsertAsync("a`b", ["n"], new("rows"u8.ToArray()), "job:1", ClickHouseScope.Soon);
        var (request, query, body) = Assert.Single(wire.Requests);
        Assert.Equal("rows", body);
        Assert.Equal(@"INSERT INTO `a\`b` (`n`) FORMAT Native", query["query"]);
        Assert.Equal("job:1", query["insert_deduplication_token"]);
        Assert.Equal(("1", "0", "1"), (query["wait_end_of_query"], query["async_insert"], query["insert_deduplicate"]));
        Assert.Equal("warehouse", query["database"]);
        AssertPlain(request, query);
    }

    [Fact]
    public async Task A_query_is_one_plain_stateless_request_with_its_values_beside_it()
    {
        var wire = new Wire(() => new(HttpStatusCode.OK) { Content = new StringContent("{\"text\":\"x\"}\n") });
        var rows = await wire.Client().QueryAsync(
            "SELECT {x:String} AS text", new ClickHouseParameters().Add("x", "it's"), TestJson.Default.TextRow, ClickHouseScope.Soon);
        Assert.Equal("x", Assert.Single(rows).Text);
        var (request, query, body) = Assert.Single(wire.Requests);
        Assert.Equal("SELECT {x:String} AS text\nFORMAT JSONEachRow", body);
        Assert.Equal(@"it\'s", query["param_x"]);
        Assert.Equal("1", query["wait_end_of_query"]);
        AssertPlain(request, query);
    }

    static void AssertPlain(HttpRequestMessage request, System.Collections.Specialized.NameValueCollection query)
    {
        Assert.Empty(request.Headers.AcceptEncoding);
        Assert.Empty(request.Content!.Headers.ContentEncoding);
        Assert.Null(query["session_id"]);
        Assert.Equal("false", query["enable_http_compression"]);
        Assert.Equal("1048576", query["max_query_size"]);
        Assert.True(Guid.TryParseExact(query["query_id"], "N", out _));
        Assert.Equal("u:pä:ss", Encoding.UTF8.GetString(Convert.FromBase64String(request.Headers.Authorization!.Parameter!)));
    }

    [Fact]
    public async Task A_path_of_a_proxy_stays_before_every_request()
    {
        var wire = new Wire(() => new(HttpStatusCode.OK));
        var client = wire.Client("http://proxy/clickhouse");
        await client.InsertAsync("t", ["n"], new("rows"u8.ToArray()), "job:1", ClickHouseScope.Soon);
        await client.ExecuteAsync("SELECT 1", null, ClickHouseScope.Soon);
        Assert.Equal(["/clickhouse", "/clickhouse"], wire.Requests.Select(seen => seen.Request.RequestUri!.AbsolutePath));
    }

    [Theory]
    [InlineData(503, null, "<h1>60 seconds of maintenance</h1>", ClickHouseErrors.NoAnswer, true)] // 60 would be UNKNOWN_TABLE
    [InlineData(413, null, "<h1>252 is too large</h1>", ClickHouseErrors.NoAnswer, false)] // 252 would be TOO_MANY_PARTS
    [InlineData(500, "252", "", 252, true)]
    [InlineData(200, "241", "Code: 241. DB::Exception: Memory limit exceeded.", 241, true)]
    [InlineData(404, null, "Code: 60. DB::Exception: Table d.x does not exist.", 60, true)]
    public async Task A_fault_is_judged_by_what_names_it(int status, string? header, string text, int code, bool isTransient)
    {
        var wire = new Wire(() =>
        {
            var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(text) };
            if (header is not null)
                answer.Headers.Add("X-ClickHouse-Exception-Code", header);
            return answer;
        });
        foreach (var request in Requests(wire.Client()))
        {
            var fault = await Assert.ThrowsAsync<ClickHouseException>(request);
            Assert.Equal((code, isTransient), (fault.ErrorCode, fault.IsTransient));
        }
    }

    [Theory]
    [InlineData("abcdefghijklmnop", 241)]
    [InlineData("ponmlkjihgfedcba", null)]
    public async Task A_fault_at_the_end_of_a_result_is_told_from_a_row_like_it_by_the_tag_of_the_answer(string tag, int? code)
    {
        const string text =
            "x\r\n__exception__\r\nabcdefghijklmnop\r\nCode: 241. DB::Exception: Memory limit exceeded.\n48 abcdefghijklmnop\r\n__exception__\r\n";
        var client = new Wire(() => new(HttpStatusCode.OK)
        {
            Headers = { { "X-ClickHouse-Exception-Tag", tag } },
            Content = new StringContent(text),
        }).Client();
        await using var result = await client.OpenAsync("SELECT payload FORMAT RawBLOB", null, ClickHouseScope.Soon);
        using var reader = new StreamReader(result);
        if (code is null)
            Assert.Equal(text, await reader.ReadToEndAsync());
        else
            Assert.Equal(code, (await Assert.ThrowsAsync<ClickHouseException>(() => reader.ReadToEndAsync())).ErrorCode);
    }

    [Theory]
    [InlineData(HttpStatusCode.OK)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task An_answer_that_begins_and_does_not_end_is_waited_for_as_long_as_any(HttpStatusCode status)
    {
        var client = new Wire(() => new(status) { Content = new StreamContent(new EndlessStream()) }).Client();
        foreach (var request in Requests(client))
        {
            var watch = Stopwatch.StartNew();
            var fault = await Assert.ThrowsAsync<ClickHouseException>(() => request().WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.True(fault.IsTransient);
            Assert.Contains("within 1 s", fault.Message, StringComparison.Ordinal);
            using var cancelled = new CancellationTokenSource(50);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => client.QueryAsync("SELECT 1", null, TestJson.Default.TextRow, cancelled.Token));
        }
    }

    [Fact]
    public async Task The_password_is_in_no_fault_and_in_no_span()
    {
        var said = new List<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (said)
                    said.AddRange(span.TagObjects.Select(tag => $"{span.Source.Name} {tag.Key}={tag.Value}").Append(span.StatusDescription ?? ""));
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("test of " + nameof(ClickHouseRequestTests));
        using (source.StartActivity("parent"))
        {
            foreach (var request in Requests(new Wire(() => throw new HttpRequestException("Nobody is there.")).Client()))
            {
                var fault = await Assert.ThrowsAsync<ClickHouseException>(request);
                Assert.Contains("http://clickhouse", fault.Message, StringComparison.Ordinal);
                said.Add($"{fault}");
            }
        }
        lock (said)
        {
            Assert.Contains(said, text => text.StartsWith("ClickHouse.Driver db.connection_string=", StringComparison.Ordinal));
            Assert.DoesNotContain(said, text => text.Contains("pä:ss", StringComparison.Ordinal));
        }
    }

    static IEnumerable<Func<Task>> Requests(ClickHouseClient client) =>
    [
        () => client.InsertAsync("t", ["n"], new("rows"u8.ToArray()), "job:1", ClickHouseScope.Soon),
        () => client.QueryAsync("SELECT 1", null, TestJson.Default.TextRow, ClickHouseScope.Soon),
        () => client.ExecuteAsync("SELECT 1", null, ClickHouseScope.Soon),
    ];

    /// <summary>Takes requests in place of a network, and answers them all alike.</summary>
    sealed class Wire(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        public List<(HttpRequestMessage Request, System.Collections.Specialized.NameValueCollection Query, string Body)> Requests { get; } = [];

        public ClickHouseClient Client(string url = "http://clickhouse") => new(
            this, new() { Url = url, User = "u", Password = "pä:ss", Database = "warehouse", TimeoutSeconds = 1 });

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : "";
            Requests.Add((request, HttpUtility.ParseQueryString(request.RequestUri!.Query), body));
            return answer();
        }
    }

    /// <summary>Gives nothing, and does not end.</summary>
    sealed class EndlessStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
