using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>What holds when the process ends, however it ends.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class ProcessTests
{
    const string Table = "CREATE TABLE t (a Int64, s String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 1000";

    static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Token_keeps_one_copy_across_restart_and_kill()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();
        await clickHouse.QueryAsync(Table);

        await InsertAsync(clickHouse, "job:1");
        await clickHouse.RestartAsync();
        await InsertAsync(clickHouse, "job:1");
        clickHouse.Kill9();
        await clickHouse.RestartAsync();
        await InsertAsync(clickHouse, "job:1");
        await InsertAsync(clickHouse, "job:2");

        Assert.Equal("2\n", await clickHouse.QueryAsync("SELECT count() FROM t"));
        await clickHouse.StopAsync();
    }

    [Fact]
    public async Task Kill_in_mid_insert_loses_nothing_acknowledged_and_leaves_no_partial_insert()
    {
        const int RowsEach = 50_000;
        using var clickHouse = await ClickHouseProcess.StartAsync();
        await clickHouse.QueryAsync(Table);
        var inserts = Enumerable.Range(0, 40)
            .Select(insert => InsertTests.Native([.. Enumerable.Repeat(insert, RowsEach)], [.. Enumerable.Repeat("some text", RowsEach)])).ToArray();

        var acknowledged = -1;
        for (var round = 0; round < 3; round++)
        {
            var writing = Task.Run(async () =>
            {
                for (var insert = acknowledged + 1; insert < inserts.Length; insert++)
                {
                    var parameters = new Dictionary<string, string> { ["insert_deduplication_token"] = $"job:{insert}" };
                    var answer = await clickHouse.PostAsync("INSERT INTO t FORMAT Native", inserts[insert], parameters);
                    Assert.Equal(HttpStatusCode.OK, answer.Status);
                    acknowledged = insert;
                }
            });
            await Task.Delay(60 + round * 70);
            clickHouse.Kill9();
            await writing.ContinueWith(_ => { }, TaskScheduler.Default);
            await clickHouse.RestartAsync();

            var whole = await clickHouse.QueryAsync(
                $"SELECT countIf(rows != {RowsEach}), countIf(a <= {acknowledged}) FROM (SELECT a, count() AS rows FROM t GROUP BY a)");
            Assert.Equal($"0\t{acknowledged + 1}\n", whole);
        }
        await clickHouse.StopAsync();
    }

    [Fact]
    public async Task Second_process_on_the_same_data_is_refused_with_one_sentence()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();

        var (code, output, errors) = await RunAsync("--data", clickHouse.DataFolder, "--port", "0");

        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.Equal($"The data folder '{clickHouse.DataFolder}' is in use by another process; only one may use it at a time.\n", errors);
        Assert.Equal("1\n", await clickHouse.QueryAsync("SELECT 1"));
    }

    [Fact]
    public async Task Process_that_waits_takes_over_when_the_first_ends()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();
        using var second = Process.Start(ClickHouseProcess.StartInfo(
            ["--data", clickHouse.DataFolder, "--port", "0", "--exit-with-parent", "--wait-for-lock", "30"]))!;
        var ready = second.StandardOutput.ReadLineAsync();
        await Task.Delay(1_500);
        Assert.False(ready.IsCompleted);

        clickHouse.Kill9();

        Assert.StartsWith("Ready on http://127.0.0.1:", await ready.WaitAsync(TestTimeout), StringComparison.Ordinal);
        second.StandardInput.Close();
        await second.WaitForExitAsync().WaitAsync(TestTimeout);
        Assert.Equal(0, second.ExitCode);
    }

    [Fact]
    public async Task Parent_that_is_killed_takes_the_process_along()
    {
        using var folder = new TemporaryFolder();
        // The shell starts the process as its child and becomes `sleep`, which holds the other end of the child's standard input.
        var command = $"mkfifo '{folder.Path}/pipe'; dotnet exec '{ClickHouseProcess.AssemblyPath}' --data '{folder.Path}/data' --port 0 " +
            $"--exit-with-parent < '{folder.Path}/pipe' & exec sleep 600 > '{folder.Path}/pipe'";
        using var parent = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        var ready = await parent.StandardOutput.ReadLineAsync().WaitAsync(TestTimeout);
        using var http = new HttpClient();
        var url = ready!["Ready on ".Length..] + "/ping";
        Assert.Equal("Ok.\n", await http.GetStringAsync(url));

        parent.Kill();

        // The pipe of standard output is the child's alone now: it ends when the child does.
        Assert.Null(await parent.StandardOutput.ReadLineAsync().WaitAsync(TestTimeout));
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync(url));
    }

    [Fact]
    public async Task Sigterm_ends_it_in_good_order()
    {
        using var folder = new TemporaryFolder();
        using var process = Process.Start(ClickHouseProcess.StartInfo(["--data", folder.Path, "--port", "0"]))!;
        Assert.NotNull(await process.StandardOutput.ReadLineAsync().WaitAsync(TestTimeout));

        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString()])!;
        await process.WaitForExitAsync().WaitAsync(TestTimeout);

        Assert.Equal(0, process.ExitCode);
        Assert.Equal("", await process.StandardError.ReadToEndAsync());
    }

    [Fact]
    public async Task End_does_not_wait_for_ever_for_a_statement_under_way()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();
        using var client = new HttpClient();
        var running = client.PostAsync(clickHouse.Url, new StringContent("SELECT count() FROM numbers(1000000000000) WHERE sin(number) = 2"));
        await Task.Delay(500);
        Assert.False(running.IsCompleted);

        await clickHouse.StopAsync();

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => running);
        Assert.Equal("", clickHouse.Errors.Trim());
    }

    [Fact]
    public async Task Port_that_is_taken_is_reported_in_one_line()
    {
        using var folder = new TemporaryFolder();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (code, output, errors) = await RunAsync("--data", folder.Path, "--port", $"{port}");

        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.StartsWith($"Port {port} on 127.0.0.1 cannot be opened: ", errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_definition_of_an_engine_that_knows_more_is_reported_in_one_line()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();
        await clickHouse.QueryAsync(Table);
        await clickHouse.StopAsync();
        var definition = Directory.GetFiles(clickHouse.DataFolder, "t.sql", SearchOption.AllDirectories)[0];
        await File.WriteAllTextAsync(definition, "ATTACH TABLE t (n UInt64) ENGINE = Tomorrow");

        var (code, _, errors) = await RunAsync("--data", clickHouse.DataFolder, "--port", "0");

        Assert.Equal(1, code);
        Assert.StartsWith($"The ClickHouse engine did not start on '{clickHouse.DataFolder}': Code: ", errors, StringComparison.Ordinal);
        Assert.Single(errors.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("--port", "http")]
    [InlineData("--bind", "nowhere")]
    [InlineData("--verbose", "1")]
    public async Task Senseless_argument_is_refused(string name, string value)
    {
        var (code, _, errors) = await RunAsync("--data", "/tmp", name, value);

        Assert.Equal(1, code);
        Assert.Contains(name, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_is_asked_of_every_request_where_one_is_set()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync("--password", "s3cret");
        async Task<ClickHouseAnswer> Ask(string parameters, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, clickHouse.Url + "/?query=SELECT+1" + parameters);
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
            return await ClickHouseProcess.SendAsync(request);
        }

        Assert.Equal(516, (await Ask("")).ErrorCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await Ask("&password=wrong")).Status);
        Assert.Equal(516, (await Ask("&user=other&password=s3cret")).ErrorCode);
        Assert.Equal("1\n", (await Ask("&user=default&password=s3cret")).Text);
        Assert.Equal("1\n", (await Ask("", ("X-ClickHouse-User", "default"), ("X-ClickHouse-Key", "s3cret"))).Text);
        Assert.Equal("1\n", (await Ask("", ("Authorization", "Basic " + Convert.ToBase64String("default:s3cret"u8)))).Text);
        await clickHouse.StopAsync();
    }

    [Fact]
    public async Task Memory_limit_and_durability_and_files_are_as_asked_for()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "rows.csv"), "a\n1\n2\n");
        using var clickHouse = await ClickHouseProcess.StartAsync("--max-memory", "2000000000", "--fsync", "--allow-files");

        Assert.Equal("2000000000\n", await clickHouse.QueryAsync("SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'"));
        Assert.Equal("1\n", await clickHouse.QueryAsync("SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_after_insert'"));
        Assert.Equal("3\n", await clickHouse.QueryAsync($"SELECT sum(a) FROM file('{folder.Path}/rows.csv', 'CSVWithNames')"));
        Assert.Equal(497, (await clickHouse.PostAsync(null, "SYSTEM SHUTDOWN"u8.ToArray())).ErrorCode);
        await clickHouse.StopAsync();
    }

    static async Task InsertAsync(ClickHouseProcess clickHouse, string token)
    {
        var parameters = new Dictionary<string, string> { ["insert_deduplication_token"] = token };
        var answer = await clickHouse.PostAsync("INSERT INTO t FORMAT CSV", Encoding.ASCII.GetBytes("1,x\n"), parameters);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(ClickHouseProcess.StartInfo(arguments))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(TestTimeout);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    sealed class TemporaryFolder : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("batch-clickhouse-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
