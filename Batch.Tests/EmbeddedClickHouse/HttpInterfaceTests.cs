using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Batch.Tests.EmbeddedClickHouse;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class HttpInterfaceTests(ClickHouseProcess clickHouse)
{
    static readonly HttpClient Http = new();

    [Theory]
    [InlineData("/ping")]
    [InlineData("/replicas_status")]
    [InlineData("/")]
    public async Task Health_paths_answer_Ok(string path) => Assert.Equal("Ok.\n", await Http.GetStringAsync(clickHouse.Url + path));

    [Fact]
    public async Task Unknown_path_is_404() =>
        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync(clickHouse.Url + "/nope")).StatusCode);

    [Fact]
    public async Task Statement_may_stand_in_the_URL_in_the_body_or_in_both()
    {
        Assert.Equal("1\n", (await clickHouse.GetAsync("SELECT 1")).Text);
        Assert.Equal("1\n", (await clickHouse.PostAsync(null, "SELECT 1"u8.ToArray())).Text);
        Assert.Equal("2\n", (await clickHouse.PostAsync("SELECT", "1 + 1"u8.ToArray())).Text);
    }

    [Fact]
    public async Task Headers_name_query_format_type_and_cost()
    {
        var answer = await clickHouse.PostAsync("SELECT number FROM numbers(3) FORMAT JSON", [], new Dictionary<string, string> { ["query_id"] = "my-id" });

        Assert.Equal("my-id", answer.Headers["X-ClickHouse-Query-Id"]);
        Assert.Equal("JSON", answer.Headers["X-ClickHouse-Format"]);
        Assert.Equal("application/json; charset=UTF-8", answer.Headers["Content-Type"]);
        Assert.Contains("\"read_rows\":\"3\"", answer.Headers["X-ClickHouse-Summary"], StringComparison.Ordinal);
        Assert.NotEmpty(answer.Headers["X-ClickHouse-Server-Display-Name"]);
        Assert.NotEmpty(answer.Headers["X-ClickHouse-Timezone"]);
    }

    [Fact]
    public async Task Default_format_holds_where_the_statement_names_none()
    {
        var format = new Dictionary<string, string> { ["default_format"] = "JSONEachRow" };

        Assert.Equal("{\"x\":1}\n", (await clickHouse.GetAsync("SELECT 1 AS x", format)).Text);
        Assert.Equal("1\n", (await clickHouse.GetAsync("SELECT 1 AS x FORMAT CSV", format)).Text);
    }

    [Theory]
    [InlineData("garbage", 62, HttpStatusCode.BadRequest)]
    [InlineData("", 62, HttpStatusCode.BadRequest)]
    [InlineData("SELECT 1; SELECT 2", 62, HttpStatusCode.BadRequest)]
    [InlineData("INSERT INTO t", 62, HttpStatusCode.BadRequest)]
    [InlineData("SELECT * FROM missing", 60, HttpStatusCode.NotFound)]
    [InlineData("INSERT INTO missing VALUES (1)", 60, HttpStatusCode.NotFound)]
    [InlineData("SELECT * FROM missing.t", 81, HttpStatusCode.NotFound)]
    [InlineData("SELECT missing", 47, HttpStatusCode.NotFound)]
    [InlineData("SELECT 1 FORMAT Missing", 73, HttpStatusCode.NotFound)]
    [InlineData("SELECT {p:String}", 456, HttpStatusCode.InternalServerError)]
    [InlineData("SELECT throwIf(1)", 395, HttpStatusCode.InternalServerError)]
    [InlineData("SYSTEM SHUTDOWN", 497, HttpStatusCode.Forbidden)]
    [InlineData("SYSTEM KILL", 497, HttpStatusCode.Forbidden)]
    [InlineData("CREATE USER u", 497, HttpStatusCode.Forbidden)]
    [InlineData("BACKUP DATABASE default TO Disk('default', 'b')", 497, HttpStatusCode.Forbidden)]
    public async Task Error_has_code_and_status_of_a_ClickHouse_server(string sql, int code, HttpStatusCode status)
    {
        var answer = await clickHouse.PostAsync(null, Encoding.UTF8.GetBytes(sql));

        Assert.Equal(status, answer.Status);
        Assert.Equal(code, answer.ErrorCode);
        Assert.StartsWith($"Code: {code}. DB::Exception: ", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no_such_setting", "1", 115)]
    [InlineData("max_threads; DROP TABLE t", "1", 115)]
    [InlineData("max_threads", "many", 27)]
    [InlineData("query_id", "a\r\nX-Injected: b", 36)]
    [InlineData("database", "missing", 81)]
    public async Task Unknown_setting_or_value_or_database_is_refused(string name, string value, int code) =>
        Assert.Equal(code, (await clickHouse.GetAsync("SELECT 1", new Dictionary<string, string> { [Uri.EscapeDataString(name)] = value })).ErrorCode);

    [Fact]
    public async Task Settings_hold_for_their_request_only()
    {
        const string Sql = "SELECT getSetting('max_result_rows'), getSetting('async_insert'), getSetting('allow_ddl')";
        var changed = new Dictionary<string, string> { ["max_result_rows"] = "77", ["async_insert"] = "1", ["allow_ddl"] = "0" };

        for (var round = 0; round < 5; round++)
        {
            Assert.Equal("77\ttrue\tfalse\n", (await clickHouse.PostAsync(Sql, [], changed)).Text);
            Assert.Equal("0\tfalse\ttrue\n", (await clickHouse.PostAsync(Sql, [])).Text);
        }
    }

    [Fact]
    public async Task Set_and_use_do_not_reach_other_requests()
    {
        await clickHouse.QueryAsync("SET max_result_rows = 77");
        await clickHouse.QueryAsync("USE system");

        Assert.Equal("0\tdefault\n", await clickHouse.QueryAsync("SELECT getSetting('max_result_rows'), currentDatabase()"));
    }

    [Theory]
    [InlineData(@"a\tb\\c", "a\tb\\c")]
    [InlineData("it's '); DROP TABLE t --", "it's '); DROP TABLE t --")]
    [InlineData("häß", "häß")]
    public async Task Parameter_arrives_as_it_was_sent(string sent, string expected)
    {
        var parameters = new Dictionary<string, string> { ["param_p"] = sent, ["param_n"] = "5" };

        var streamed = await clickHouse.PostAsync("SELECT {p:String} AS p, {n:UInt8} AS n FORMAT JSONEachRow", [], parameters);
        var whole = await clickHouse.PostAsync("SELECT {p:String} AS p, {n:UInt8} AS n FORMAT JSON", [], parameters);

        Assert.Equal(expected, JsonDocument.Parse(streamed.Text).RootElement.GetProperty("p").GetString());
        Assert.Equal(expected, JsonDocument.Parse(whole.Text).RootElement.GetProperty("data")[0].GetProperty("p").GetString());
    }

    [Fact]
    public async Task Get_cannot_change_anything()
    {
        var database = await clickHouse.CreateDatabaseAsync();
        await clickHouse.QueryAsync($"CREATE TABLE {database}.t (a Int8) ENGINE = MergeTree ORDER BY a");

        foreach (var sql in (string[])[
            "CREATE TABLE {0}.x (a Int8) ENGINE = Memory", "DROP TABLE {0}.t", "TRUNCATE TABLE {0}.t", "INSERT INTO {0}.t VALUES (1)",
            "INSERT INTO {0}.t SELECT 1", "ALTER TABLE {0}.t ADD COLUMN b Int8", "DROP DATABASE {0}"])
        {
            Assert.Equal(164, (await clickHouse.GetAsync(sql.Replace("{0}", database, StringComparison.Ordinal))).ErrorCode);
        }
    }

    [Fact]
    public async Task Get_cannot_lift_its_own_restriction() =>
        Assert.Equal(164, (await clickHouse.GetAsync("SELECT 1", new Dictionary<string, string> { ["readonly"] = "0" })).ErrorCode);

    [Theory]
    [InlineData("SELECT * FROM file('/etc/hostname', 'LineAsString')")]
    [InlineData("SELECT file('/etc/hostname')")]
    [InlineData("SELECT `file` /* hidden */ ('/etc/hostname')")]
    [InlineData("SELECT * FROM `/etc/hostname`")]
    [InlineData("SELECT * FROM url('http://127.0.0.1:1/')")]
    [InlineData("SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a Int8')")]
    [InlineData("SELECT * FROM remote('127.0.0.1', system.one)")]
    [InlineData("INSERT INTO FUNCTION file('/tmp/out.csv') SELECT 1")]
    [InlineData("INSERT INTO system.one VALUES (file('/etc/hostname'))")]
    [InlineData("CREATE TABLE f (a String) ENGINE = File(CSV, '/etc/hostname')")]
    [InlineData("CREATE TABLE f (a String) ENGINE = URL('http://127.0.0.1:1/', CSV)")]
    [InlineData("CREATE DATABASE f ENGINE = Filesystem('/etc')")]
    [InlineData("CREATE VIEW f AS SELECT * FROM file('/etc/hostname', 'LineAsString')")]
    [InlineData("CREATE DICTIONARY f (a Int8) PRIMARY KEY a SOURCE(FILE(path '/etc/hostname' format 'CSV')) LAYOUT(FLAT()) LIFETIME(1)")]
    [InlineData("SELECT 1 INTO OUTFILE '/tmp/out.csv'")]
    public async Task Sql_does_not_reach_files_or_the_network(string sql) =>
        Assert.Equal(497, (await clickHouse.PostAsync(null, Encoding.UTF8.GetBytes(sql))).ErrorCode);

    [Theory]
    [InlineData("INSERT INTO t FROM INFILE '/etc/hostname' FORMAT CSV")]
    [InlineData("INSERT INTO t SELECT * FROM input('a Int8') FORMAT CSV\n1\n")]
    public async Task Insert_from_what_only_a_command_line_has_is_refused_and_not_ignored(string sql) =>
        Assert.Equal(HttpStatusCode.NotImplemented, (await clickHouse.PostAsync(null, Encoding.UTF8.GetBytes(sql))).Status);

    [Theory]
    [InlineData("JSON")]
    [InlineData("JSONCompact")]
    public async Task Document_format_is_one_document_however_many_rows(string format)
    {
        var answer = await clickHouse.GetAsync($"SELECT number FROM numbers(200000) FORMAT {format}");

        Assert.Equal(200_000, JsonDocument.Parse(answer.Text).RootElement.GetProperty("data").GetArrayLength());
    }

    [Theory]
    [InlineData("CSVWithNames", 200_001)]
    [InlineData("TabSeparatedWithNamesAndTypes", 200_002)]
    [InlineData("TSV", 200_000)]
    [InlineData("JSONEachRow", 200_000)]
    public async Task Heads_are_not_repeated_between_pieces(string format, int lines)
    {
        var answer = await clickHouse.GetAsync($"SELECT number FROM numbers(200000) FORMAT {format}");

        Assert.Equal(lines, answer.Text.Count(character => character == '\n'));
    }

    [Theory]
    [InlineData("SHOW DATABASES")]
    [InlineData("EXPLAIN SELECT 1")]
    [InlineData("DESCRIBE system.one")]
    [InlineData("EXISTS system.one")]
    [InlineData("WITH 1 AS x SELECT x")]
    [InlineData("(SELECT 1)")]
    [InlineData("FROM system.one SELECT 1")]
    [InlineData("SELECT 1; -- the end")]
    [InlineData("-- first\nSELECT 1 /* last */")]
    public async Task Statements_of_every_shape_are_answered(string sql) => Assert.NotEmpty(await clickHouse.QueryAsync(sql));

    [Fact]
    public async Task Failed_statement_leaves_nothing_in_the_next_answer()
    {
        for (var round = 0; round < 10; round++)
        {
            var failed = await clickHouse.PostAsync("SELECT throwIf(number = 300000) FROM numbers(1000000) FORMAT JSON", []);
            Assert.Equal(395, failed.ErrorCode);
            Assert.Equal("1\n", await clickHouse.QueryAsync("SELECT 1"));
        }
    }

    [Fact]
    public async Task Error_after_rows_were_sent_breaks_the_answer_off_and_says_why_at_its_end()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, clickHouse.UrlOf("SELECT throwIf(number = 3000000) FROM numbers(5000000)"));
        using var answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var tag = Assert.Single(answer.Headers.GetValues("X-ClickHouse-Exception-Tag"));

        var received = new MemoryStream();
        await Assert.ThrowsAnyAsync<IOException>(() => answer.Content.ReadAsStreamAsync().Result.CopyToAsync(received));

        var text = Encoding.UTF8.GetString(received.ToArray());
        Assert.Contains($"\r\n__exception__\r\n{tag}\r\nCode: 395. DB::Exception: ", text, StringComparison.Ordinal);
        Assert.EndsWith($" {tag}\r\n__exception__\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_awaited_whole_has_the_status_of_its_error() =>
        Assert.Equal(395, (await clickHouse.PostAsync(
            "SELECT throwIf(number = 3000000) FROM numbers(5000000)", [], new Dictionary<string, string> { ["wait_end_of_query"] = "1" })).ErrorCode);

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task Answer_is_compressed_where_the_client_asks_twice(string encoding)
    {
        const string Sql = "SELECT number FROM numbers(100000)";
        using var request = new HttpRequestMessage(
            HttpMethod.Post, clickHouse.UrlOf(Sql, new Dictionary<string, string> { ["enable_http_compression"] = "1" }));
        request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
        using var answer = await Http.SendAsync(request);
        Assert.Equal(encoding, Assert.Single(answer.Content.Headers.ContentEncoding));
        var compressed = await answer.Content.ReadAsStreamAsync();

        using var plain = new StreamReader(encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionMode.Decompress),
            "deflate" => new ZLibStream(compressed, CompressionMode.Decompress),
            _ => new BrotliStream(compressed, CompressionMode.Decompress),
        });

        Assert.Equal(await clickHouse.QueryAsync(Sql), await plain.ReadToEndAsync());
    }

    [Fact]
    public async Task Query_of_a_client_that_left_is_ended()
    {
        const string Sql = "SELECT count() FROM numbers(1000000000000) WHERE sin(number) = 2 AND 'left alone' != ''";
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        await Assert.ThrowsAsync<TaskCanceledException>(() => client.PostAsync(clickHouse.Url + "/", new StringContent(Sql)));

        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (await clickHouse.QueryAsync("SELECT count() FROM system.processes WHERE query LIKE '%left ' || 'alone%'") != "0\n")
        {
            Assert.True(DateTime.UtcNow < deadline, "The query still runs.");
            await Task.Delay(100);
        }
    }

    [Fact]
    public async Task Execution_time_is_limited_on_request() =>
        Assert.Equal(HttpStatusCode.RequestTimeout, (await clickHouse.PostAsync(
            "SELECT count() FROM numbers(1000000000000) WHERE sin(number) = 2", [], new Dictionary<string, string> { ["max_execution_time"] = "1" })).Status);
}
