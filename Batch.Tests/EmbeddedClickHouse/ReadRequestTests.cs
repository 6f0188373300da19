namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>Reads as the API sends them: with parameters, and with settings that say that they change nothing.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class ReadRequestTests(ClickHouseProcess clickHouse)
{
    [Theory]
    [InlineData("SELECT count() FROM numbers(1000000000000) WHERE sin(number) = {left_alone:Float64}")]
    [InlineData("SELECT number FROM numbers(1000000000000) WHERE sin(number) > {left_alone:Float64} FORMAT TSV")]
    public async Task Query_with_parameters_whose_client_leaves_is_ended_too(string sql)
    {
        const string UnderWay = "SELECT count() FROM system.processes WHERE query LIKE '%1000000000000%' AND query NOT LIKE '%system.processes%'";
        using var client = new HttpClient();
        using var leave = new CancellationTokenSource();
        var asked = client.PostAsync(
            $"{clickHouse.Url}/?param_left_alone=2&readonly=2&cancel_http_readonly_queries_on_client_close=1", new StringContent(sql), leave.Token);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await clickHouse.QueryAsync(UnderWay) == "0\n")
            await Task.Delay(50, limit.Token);

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        while (await clickHouse.QueryAsync(UnderWay) != "0\n")
            await Task.Delay(50, limit.Token);
    }

    [Fact]
    public async Task Setting_readonly_lets_a_post_read_and_nothing_else()
    {
        var settings = new Dictionary<string, string> { ["readonly"] = "2" };
        Assert.Equal("1\n", (await clickHouse.PostAsync("SELECT 1", [], settings)).Text);
        Assert.Equal(164, (await clickHouse.PostAsync("CREATE TABLE not_made (a Int8) ENGINE = Memory", [], settings)).ErrorCode);
    }
}
