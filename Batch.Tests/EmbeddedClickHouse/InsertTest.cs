using System.Net;

namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>A table of a test's own to insert into.</summary>
public abstract class InsertTest(ClickHouseProcess clickHouse) : IAsyncLifetime
{
    private protected ClickHouseProcess ClickHouse => clickHouse;

    private protected readonly string _table = "t_" + Guid.NewGuid().ToString("N");

    public Task InitializeAsync() => ClickHouse.QueryAsync($"CREATE TABLE {_table} (a Int64, s String) ENGINE = MergeTree ORDER BY a");

    public Task DisposeAsync() => ClickHouse.QueryAsync($"DROP TABLE IF EXISTS {_table} SYNC");

    private protected async Task<ClickHouseAnswer> InsertAsync(string? query, byte[] body, string? token = null, string? encoding = null)
    {
        var parameters = token is null ? null : new Dictionary<string, string> { ["insert_deduplication_token"] = token };
        var answer = await ClickHouse.PostAsync(query, body, parameters, encoding);
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        return answer;
    }

    private protected Task<string> RowsAsync() => ClickHouse.QueryAsync($"SELECT a, s FROM {_table} ORDER BY a, s");

    /// <summary>A Native block of the columns a and s: counts as LEB128, then each column's name, type and values.</summary>
    internal static byte[] Native(IReadOnlyList<int> a, IReadOnlyList<string> s)
    {
        var block = new MemoryStream();
        using var writer = new BinaryWriter(block);
        writer.Write7BitEncodedInt(2);
        writer.Write7BitEncodedInt(a.Count);
        writer.Write("a");
        writer.Write("Int64");
        foreach (var value in a)
        {
            writer.Write((long)value);
        }
        writer.Write("s");
        writer.Write("String");
        foreach (var value in s)
        {
            writer.Write(value);
        }
        return block.ToArray();
    }
}
