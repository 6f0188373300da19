using Batch.Core.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;
using Xunit;

namespace Batch.Tests.ClickHouse;

[Collection(ClickHouseCollection.Name)]
public sealed class ClickHouseMigrationsTests(ClickHouseProcess process)
{
    [Fact]
    public async Task Several_processes_may_start_at_once_and_again()
    {
        var options = new ClickHouseOptions { Url = process.Url, Database = "test_" + Guid.NewGuid().ToString("N") };
        var clients = Enumerable.Range(0, 4).Select(_ => ClickHouseClient.Create(options)).ToList();
        await Task.WhenAll(clients.Select(client => new ClickHouseMigrations(client).ApplyAsync(ClickHouseScope.Soon)));
        await new ClickHouseMigrations(clients[0]).ApplyAsync(ClickHouseScope.Soon);
        var tables = await process.QueryAsync($"SELECT arrayStringConcat(arraySort(groupArray(name)), ' ') FROM system.tables WHERE database = '{options.Database}'");
        Assert.Equal("dead_letters jobs models receipts rejected_rows schema_version\n", tables);
        await process.QueryAsync($"DROP DATABASE {options.Database}");
    }

    [Fact]
    public async Task Newer_layout_is_left_alone()
    {
        await using var scope = await ClickHouseScope.CreateAsync(process);
        await scope.ExecuteAsync("INSERT INTO schema_version (layout) SELECT 99");
        var fault = await Assert.ThrowsAsync<NewerLayoutException>(() => new ClickHouseMigrations(scope.Client).ApplyAsync(ClickHouseScope.Soon));
        Assert.Contains("layout 99", fault.Message, StringComparison.Ordinal);
    }
}
