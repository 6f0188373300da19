using Xunit;

namespace Batch.Tests.EmbeddedClickHouse;

[Collection(ClickHouseCollection.Name)]
public sealed class HttpInterfaceTests(ClickHouseProcess clickHouse)
{
    [Fact]
    public async Task Select_is_answered() => Assert.Equal("1\n", await clickHouse.QueryAsync("SELECT 1"));
}
