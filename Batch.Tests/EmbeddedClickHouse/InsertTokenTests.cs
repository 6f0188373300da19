using System.Text;

namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>Deduplication tokens, and inserts beside selects and merges.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class InsertTokenTests(ClickHouseProcess clickHouse) : InsertTest(clickHouse)
{
    [Fact]
    public async Task Same_token_keeps_one_copy_and_another_token_keeps_another()
    {
        await DeduplicateAsync();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await InsertAsync($"INSERT INTO {_table} FORMAT CSV", "1,x\n"u8.ToArray(), "job:1");
            await InsertAsync($"INSERT INTO {_table} SETTINGS insert_deduplication_token = 'job:2' FORMAT CSV", "1,x\n"u8.ToArray());
        }

        Assert.Equal("1\tx\n1\tx\n", await RowsAsync());
    }

    [Fact]
    public async Task Token_does_not_pass_on_to_the_next_insert()
    {
        await DeduplicateAsync();
        await InsertAsync($"INSERT INTO {_table} FORMAT CSV", "1,x\n"u8.ToArray(), "job:1");
        await InsertAsync($"INSERT INTO {_table} FORMAT CSV", "2,y\n"u8.ToArray());
        await InsertAsync($"INSERT INTO {_table} FORMAT CSV", "3,z\n"u8.ToArray());

        Assert.Equal("1\tx\n2\ty\n3\tz\n", await RowsAsync());
    }

    [Fact]
    public async Task Race_with_one_token_keeps_one_copy()
    {
        await DeduplicateAsync();
        var body = Native([.. Enumerable.Range(0, 20_000)], [.. Enumerable.Repeat("x", 20_000)]);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => InsertAsync($"INSERT INTO {_table} FORMAT Native", body, "job:race")));

        Assert.Equal("20000\n", await ClickHouse.QueryAsync($"SELECT count() FROM {_table}"));
    }

    [Fact]
    public async Task Inserts_and_selects_run_side_by_side()
    {
        await DeduplicateAsync();
        const int Writers = 20;
        const int Rounds = 5;
        const int RowsEach = 1_000;
        var writing = Enumerable.Range(0, Writers).Select(async writer =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var rows = Enumerable.Range((writer * Rounds + round) * RowsEach, RowsEach).ToArray();
                await InsertAsync($"INSERT INTO {_table} FORMAT Native", Native(rows, [.. rows.Select(row => $"row {row}")]), $"job:{writer}:{round}");
            }
        });
        var reading = Enumerable.Range(0, Writers).Select(async reader =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var seen = await ClickHouse.QueryAsync($"SELECT count(), uniqExact(a) FROM {_table}");
                var (count, distinct) = (seen.Split('\t')[0], seen.Split('\t')[1].TrimEnd());
                Assert.Equal(count, distinct);
                Assert.Equal(0, long.Parse(count) % RowsEach);
                Assert.Equal($"{reader}\n", await ClickHouse.QueryAsync($"SELECT {reader}"));
            }
        });

        await Task.WhenAll(writing.Concat(reading));

        Assert.Equal($"{Writers * Rounds * RowsEach}\n", await ClickHouse.QueryAsync($"SELECT uniqExact(a, s) FROM {_table}"));
    }

    [Fact]
    public async Task Parts_are_merged_in_the_background()
    {
        for (var row = 0; row < 40; row++)
        {
            await InsertAsync($"INSERT INTO {_table} FORMAT CSV", Encoding.ASCII.GetBytes($"{row},x\n"));
        }

        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (int.Parse(await ClickHouse.QueryAsync($"SELECT count() FROM system.parts WHERE active AND table = '{_table}'")) > 20)
        {
            Assert.True(DateTime.UtcNow < deadline, "Nothing was merged.");
            await Task.Delay(100);
        }
        Assert.Equal("40\n", await ClickHouse.QueryAsync($"SELECT uniqExact(a) FROM {_table}"));
    }

    [Fact]
    public async Task Rows_can_be_deleted_and_changed()
    {
        await ClickHouse.QueryAsync($"INSERT INTO {_table} VALUES (1, 'x'), (2, 'y'), (3, 'z')");
        await ClickHouse.QueryAsync($"DELETE FROM {_table} WHERE a = 2");
        var now = new Dictionary<string, string> { ["mutations_sync"] = "1" };
        await ClickHouse.PostAsync($"ALTER TABLE {_table} UPDATE s = 'w' WHERE a = 3", [], now);

        Assert.Equal("1\tx\n3\tw\n", await RowsAsync());
    }

    Task DeduplicateAsync() => ClickHouse.QueryAsync($"ALTER TABLE {_table} MODIFY SETTING non_replicated_deduplication_window = 1000");
}
