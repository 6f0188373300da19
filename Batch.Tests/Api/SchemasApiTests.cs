using System.Net;
using System.Text;
using System.Text.Json;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.Api;

/// <summary>POST /schema drops no column, takes no row for a header line, and closes no set unasked.</summary>
[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class SchemasApiTests(ClickHouseProcess clickHouse)
{
    [Theory]
    [InlineData("a,,c\n1,x,3\n", "BLANK_HEADER", "extra_columns=ignore")]
    [InlineData("a,b,b\n1,x,3\n", "DUPLICATE_COLUMN", "extra_columns=ignore")]
    [InlineData("a,_row\n1,x\n", "INVALID_COLUMN_NAME", "extra_columns=ignore")]
    [InlineData("1,2\n3,4\n", "NO_HEADER", "header=present")]
    public async Task A_header_line_that_is_none_is_an_error_with_a_way_out(string csv, string code, string wayOut)
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var answer = await api.PostCsvAsync("/schema", Encoding.UTF8.GetBytes(csv));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await ApiHost.ProblemOf(answer);
        Assert.Equal(code, problem.Code);
        Assert.Contains(wayOut, problem.Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await api.PostCsvAsync($"/schema?{wayOut}", Encoding.UTF8.GetBytes(csv))).StatusCode);
    }

    [Fact]
    public async Task A_JSON_file_is_refused_and_a_header_that_cannot_be_is_a_wrong_parameter()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        Assert.Equal("JSON_FILE", (await ApiHost.ProblemOf(await api.PostCsvAsync("/schema", "{\"a\":1}\n{\"a\":2}\n"u8.ToArray()))).Code);
        Assert.Equal("INVALID_PARAMETER", (await ApiHost.ProblemOf(await api.PostCsvAsync("/schema?header=absent", "a\n1\n"u8.ToArray()))).Code);
    }

    [Fact]
    public async Task The_set_of_a_category_is_closed_where_strict_says_so()
    {
        await using var api = await ApiHost.StartAsync(clickHouse);
        var csv = Encoding.UTF8.GetBytes("id,c\n" + string.Concat(Enumerable.Range(0, 120).Select(i => $"r{i},{(i % 2 == 0 ? "red" : "blue")}\n")));
        async Task<string> TypeAsync(string query) =>
            JsonElement.Parse(await (await api.PostCsvAsync("/schema?format=clickhouse" + query, csv)).Content.ReadAsStringAsync()).GetProperty("c")
                .GetString()!;
        Assert.Equal("LowCardinality(String)", await TypeAsync(""));
        Assert.Equal("Enum8('blue' = 1, 'red' = 2)", await TypeAsync("&strict=true"));
    }
}
