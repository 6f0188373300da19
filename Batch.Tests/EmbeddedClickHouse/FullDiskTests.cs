using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;

namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>The engine on a disk that really fills.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class FullDiskTests
{
    const int MomentsInRound = 8;
    const string Columns = "(job String, n UInt64, s String) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 1000";

    /// <summary>libchdb alone acknowledges inserts whose files are empty, and leaves definitions that keep it from starting.</summary>
    [SkippableFact]
    public async Task On_a_disk_that_fills_at_any_moment_each_acknowledged_insert_is_whole_and_the_engine_starts_again()
    {
        using var disk = new SmallDisk(megabytes: 256);
        using var clickHouse = new ClickHouseProcess([], disk.DataFolder);
        await clickHouse.InitializeAsync();
        var random = new Random(TestSettings.Number("BATCH_DISK_SEED", 1));
        for (var left = TestSettings.Number("BATCH_DISK_MOMENTS", MomentsInRound); left > 0; left -= MomentsInRound)
        {
            await clickHouse.QueryAsync("CREATE DATABASE disk");
            var tables = new ConcurrentBag<string>(["disk.t0"]);
            await clickHouse.QueryAsync($"CREATE TABLE disk.t0 {Columns}");
            var acknowledged = new ConcurrentDictionary<string, (string Table, int Rows)>();
            using var stop = new CancellationTokenSource();
            var work = Enumerable.Range(0, 6).Select(client => InsertAsync(clickHouse, client, tables, acknowledged, stop.Token))
                .Append(CreateAsync(clickHouse, tables, stop.Token)).ToList();
            for (var moment = 0; moment < MomentsInRound; moment++)
            {
                await Task.Delay(random.Next(50, 800));
                disk.Fill();
                await Task.Delay(random.Next(100, 1_500));
                disk.GiveBack();
            }
            await stop.CancelAsync();
            await Task.WhenAll(work);

            await AssertWholeAsync(clickHouse, tables, acknowledged);
            clickHouse.Kill9();
            await clickHouse.LaunchAsync();
            await AssertWholeAsync(clickHouse, tables, acknowledged);
            Assert.Equal("0\n", await clickHouse.QueryAsync("SELECT count() FROM system.detached_parts"));
            Assert.NotEmpty(acknowledged);
            await clickHouse.QueryAsync("DROP DATABASE disk SYNC");
        }
    }

    [SkippableFact]
    public async Task As_room_gets_short_large_inserts_are_refused_first_then_small_ones_and_definitions_but_nothing_that_reads_or_drops()
    {
        using var disk = new SmallDisk(megabytes: 128);
        using var clickHouse = new ClickHouseProcess(["--min-free-space", $"{16 << 20}"], disk.DataFolder);
        await clickHouse.InitializeAsync();
        await clickHouse.QueryAsync($"CREATE TABLE t {Columns}");
        var (small, large) = (Rows("small", 10), Rows("large", 40_000));
        Assert.Equal(HttpStatusCode.OK, (await clickHouse.PostAsync("INSERT INTO t FORMAT TSV", large)).Status);

        disk.Fill(butBytes: 28 << 20);
        Refused(await clickHouse.PostAsync("INSERT INTO t FORMAT TSV", large));
        Assert.Equal(HttpStatusCode.OK, (await clickHouse.PostAsync("INSERT INTO t FORMAT TSV", small)).Status);
        Assert.Equal(HttpStatusCode.OK, (await clickHouse.PostAsync($"CREATE TABLE u {Columns}", [])).Status);

        disk.Fill(butBytes: 4 << 20);
        Refused(await clickHouse.PostAsync("INSERT INTO t FORMAT TSV", small));
        Refused(await clickHouse.PostAsync($"CREATE TABLE v {Columns}", []));
        Assert.Equal("40010\n", await clickHouse.QueryAsync("SELECT count() FROM t"));
        await clickHouse.QueryAsync("DROP TABLE u SYNC");

        disk.GiveBack();
        Assert.Equal(HttpStatusCode.OK, (await clickHouse.PostAsync("INSERT INTO t FORMAT TSV", large)).Status);
        Assert.Equal("t\n", await clickHouse.QueryAsync("SHOW TABLES"));

        static void Refused(ClickHouseAnswer answer)
        {
            Assert.StartsWith("Code: 243. DB::Exception: The disk of '", answer.Text, StringComparison.Ordinal);
            Assert.Contains("must stay free", answer.Text, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Told_to_stop_while_a_write_waits_for_room_it_ends_and_keeps_what_was_acknowledged()
    {
        using var disk = new SmallDisk(megabytes: 64);
        using var clickHouse = new ClickHouseProcess(["--min-free-space", "0"], disk.DataFolder);
        await clickHouse.InitializeAsync();
        await clickHouse.QueryAsync($"CREATE TABLE t {Columns}");
        Assert.Equal(HttpStatusCode.OK, (await clickHouse.PostAsync("INSERT INTO t FORMAT TSV", Rows("first", 10))).Status);
        disk.Fill();
        var waiting = clickHouse.PostAsync($"CREATE TABLE u {Columns}", []);
        for (var left = 600; !clickHouse.Errors.Contains("It waits and goes on when it can.", StringComparison.Ordinal) && left > 0; left--)
            await Task.Delay(100);
        Assert.Contains("No space left on device. It waits and goes on when it can.", clickHouse.Errors, StringComparison.Ordinal);
        Assert.False(waiting.IsCompleted);

        await clickHouse.StopAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => waiting);
        disk.GiveBack();
        await clickHouse.LaunchAsync();
        Assert.Equal("10\n", await clickHouse.QueryAsync("SELECT count() FROM t"));
    }

    static async Task InsertAsync(
        ClickHouseProcess clickHouse, int client, ConcurrentBag<string> tables, ConcurrentDictionary<string, (string, int)> acknowledged,
        CancellationToken stop)
    {
        var random = new Random(client);
        for (var insert = 0; !stop.IsCancellationRequested; insert++)
        {
            var (job, table) = ($"{client}-{insert}", tables.ElementAt(random.Next(tables.Count)));
            var rows = random.Next(3) switch { 0 => 10, 1 => 1_000, _ => 20_000 };
            var token = new Dictionary<string, string> { ["insert_deduplication_token"] = job };
            var answer = await clickHouse.PostAsync($"INSERT INTO {table} FORMAT TSV", Rows(job, rows), token);
            if (answer.Status == HttpStatusCode.OK)
                acknowledged[job] = (table, rows);
            else
                await Task.Delay(50, CancellationToken.None);
        }
    }

    static async Task CreateAsync(ClickHouseProcess clickHouse, ConcurrentBag<string> tables, CancellationToken stop)
    {
        for (var table = 1; !stop.IsCancellationRequested; table++)
        {
            if ((await clickHouse.PostAsync($"CREATE TABLE disk.t{table} {Columns}", [])).Status == HttpStatusCode.OK)
                tables.Add($"disk.t{table}");
            await Task.Delay(200, CancellationToken.None);
        }
    }

    static async Task AssertWholeAsync(
        ClickHouseProcess clickHouse, ConcurrentBag<string> tables, ConcurrentDictionary<string, (string Table, int Rows)> acknowledged)
    {
        foreach (var table in tables)
        {
            var found = (await clickHouse.QueryAsync($"SELECT job, count(), uniqExact(n) FROM {table} GROUP BY job FORMAT TSV"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line.Split('\t')[0], line => line[(line.IndexOf('\t') + 1)..]);
            foreach (var (job, (_, rows)) in acknowledged.Where(one => one.Value.Table == table))
                Assert.Equal((job, $"{rows}\t{rows}"), (job, found.GetValueOrDefault(job)));
        }
    }

    static byte[] Rows(string job, int rows)
    {
        var text = new StringBuilder();
        for (var row = 0; row < rows; row++)
            text.Append(CultureInfo.InvariantCulture, $"{job}\t{row}\t{(ulong)(row + 1) * 0x9E3779B97F4A7C15:x}{(ulong)(row + 7) * 0xC2B2AE3D27D4EB4F:x}\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
