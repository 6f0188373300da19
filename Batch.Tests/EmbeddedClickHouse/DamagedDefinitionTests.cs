namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>What a power cut leaves of a table's files does not keep the engine from starting.</summary>
[Trait("Tier", "store")]
[Collection(OneAtATime.Name)]
public sealed class DamagedDefinitionTests
{
    const string Table = "(n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 10";

    [Fact]
    public async Task A_definition_that_is_empty_torn_or_zeroed_is_moved_aside_and_said_and_the_others_are_there()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();
        foreach (var table in new[] { "whole", "empty", "torn", "zeroed", "unformatted" })
            await clickHouse.QueryAsync($"CREATE TABLE {table} {Table}");
        await clickHouse.QueryAsync("INSERT INTO whole SELECT number FROM numbers(10)");
        var store = new DirectoryInfo(Path.Combine(clickHouse.DataFolder, "store"));
        string Definition(string table) => Assert.Single(store.GetFiles($"{table}.sql", SearchOption.AllDirectories)).FullName;
        clickHouse.Kill9();
        await File.WriteAllTextAsync(Definition("empty"), "");
        await File.WriteAllTextAsync(Definition("torn"), (await File.ReadAllTextAsync(Definition("torn")))[..60]);
        await File.WriteAllBytesAsync(Definition("zeroed"), new byte[100]);
        await File.WriteAllTextAsync(Path.Combine(clickHouse.DataFolder, "data", "default", "unformatted", "format_version.txt"), "");

        await clickHouse.LaunchAsync();

        Assert.Equal("whole\n", await clickHouse.QueryAsync("SHOW TABLES"));
        Assert.Equal("10\n", await clickHouse.QueryAsync("SELECT count() FROM whole"));
        var aside = new DirectoryInfo(Path.Combine(clickHouse.DataFolder, "set-aside")).GetFiles();
        Assert.Equal(4, aside.Length);
        foreach (var table in new[] { "empty", "torn", "zeroed", "unformatted" })
            Assert.Contains($"The definition of the table {table} is damaged and was moved to '", clickHouse.Errors, StringComparison.Ordinal);
        // Its name is free again.
        await clickHouse.QueryAsync($"CREATE TABLE empty {Table}");
        await clickHouse.RestartAsync();
        Assert.Equal("empty\nwhole\n", await clickHouse.QueryAsync("SHOW TABLES"));
    }

    [Fact]
    public async Task The_definition_of_a_database_is_written_again_and_its_tables_are_there()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();
        await clickHouse.QueryAsync("CREATE DATABASE other");
        await clickHouse.QueryAsync($"CREATE TABLE other.t {Table}");
        await clickHouse.QueryAsync("INSERT INTO other.t SELECT number FROM numbers(10)");
        clickHouse.Kill9();
        await File.WriteAllTextAsync(Path.Combine(clickHouse.DataFolder, "metadata", "other.sql"), "");

        await clickHouse.LaunchAsync();

        Assert.Equal("10\n", await clickHouse.QueryAsync("SELECT count() FROM other.t"));
        Assert.Contains("The definition of the database other was damaged and has been written again", clickHouse.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_parts_are_set_aside_and_said()
    {
        using var clickHouse = await ClickHouseProcess.StartAsync();
        await clickHouse.QueryAsync($"CREATE TABLE t {Table}");
        for (var part = 0; part < 3; part++)
            await clickHouse.QueryAsync($"INSERT INTO t SELECT number FROM numbers({part * 10}, 10)");
        clickHouse.Kill9();
        foreach (var file in new DirectoryInfo(Path.Combine(clickHouse.DataFolder, "data", "default", "t", "all_2_2_0")).GetFiles())
            await File.WriteAllTextAsync(file.FullName, "");

        await clickHouse.LaunchAsync();

        Assert.Equal("20\n", await clickHouse.QueryAsync("SELECT count() FROM t"));
        Assert.Contains(
            "Damaged parts (1) are set aside in system.detached_parts and not read: default.t broken-on-start_all_2_2_0.",
            clickHouse.Errors, StringComparison.Ordinal);
    }
}
