using System.Diagnostics;
using Batch.Core.ClickHouse;
using Batch.Tests.EmbeddedClickHouse;

namespace Batch.Tests.ClickHouse;

[Collection(ClickHouseCollection.Name)]
[Trait("Tier", "store")]
public sealed class BatchingInserterTests(ClickHouseProcess process) : IAsyncLifetime
{
    ClickHouseScope _scope = null!;

    public async Task InitializeAsync()
    {
        _scope = await ClickHouseScope.CreateAsync(process);
        await _scope.ExecuteAsync($"CREATE TABLE t (n Int64) ENGINE = ReplacingMergeTree ORDER BY n SETTINGS {ClickHouseTables.Deduplication}");
    }

    public async Task DisposeAsync() => await _scope.DisposeAsync();

    [Fact]
    public async Task Many_rows_at_once_share_few_inserts_and_none_is_lost_or_doubled()
    {
        await using var writer = new BatchingInserter<NumberRow>(_scope.Client, "t", ["n"], TestJson.Default.NumberRow);
        await Task.WhenAll(Enumerable.Range(0, 5000).Select(n => writer.WriteAsync(new(n), ClickHouseScope.Soon)));
        Assert.Equal("5000\t5000", await _scope.ScalarAsync("SELECT count(), uniqExact(n) FROM t"));
        Assert.InRange(writer.Inserts, 1, 50);
    }

    [Fact]
    public async Task Steady_trickle_stays_below_the_pace_that_merges_keep()
    {
        await using var writer = new BatchingInserter<NumberRow>(_scope.Client, "t", ["n"], TestJson.Default.NumberRow);
        var watch = Stopwatch.StartNew();
        var writes = new List<Task>();
        for (var n = 0; watch.ElapsedMilliseconds < 2000; n++)
        {
            writes.Add(writer.WriteAsync(new(n), ClickHouseScope.Soon));
            await Task.Delay(1);
        }
        await Task.WhenAll(writes);
        Assert.InRange(writer.Inserts, 1, 10 + 33 * watch.Elapsed.TotalSeconds);
        Assert.Equal($"{writes.Count}", await _scope.ScalarAsync("SELECT count() FROM t"));
    }

    [Fact]
    public async Task Fault_reaches_everyone_who_waits_and_the_writer_goes_on()
    {
        await using var writer = new BatchingInserter<NumberRow>(_scope.Client, "late", ["n"], TestJson.Default.NumberRow);
        var writes = Enumerable.Range(0, 10).Select(n => writer.WriteAsync(new(n), ClickHouseScope.Soon)).ToList();
        foreach (var write in writes)
            Assert.Equal(ClickHouseErrors.UnknownTable, (await Assert.ThrowsAsync<ClickHouseException>(() => write)).ErrorCode);
        await _scope.ExecuteAsync("CREATE TABLE late (n Int64) ENGINE = MergeTree ORDER BY n");
        await writer.WriteAsync(new(1), ClickHouseScope.Soon);
        Assert.Equal("1", await _scope.ScalarAsync("SELECT count() FROM late"));
    }

    [Fact]
    public async Task Row_whose_insert_was_answered_with_a_fault_after_the_fact_is_there_and_folds_into_one()
    {
        // The first answer is lost on the way: the insert has happened, and the writer cannot know.
        using var forgetful = new ForgetfulHandler(new SocketsHttpHandler(), forget: 1);
        var client = new ClickHouseClient(forgetful, _scope.Options);
        await using var writer = new BatchingInserter<NumberRow>(client, "t", ["n"], TestJson.Default.NumberRow);
        await writer.WriteAsync(new(7), ClickHouseScope.Soon);
        Assert.Equal(2, writer.Inserts);
        Assert.Equal("1", await _scope.ScalarAsync("SELECT count() FROM t FINAL"));
    }

    [Fact]
    public async Task Disposing_writes_what_was_given_and_refuses_more()
    {
        var writer = new BatchingInserter<NumberRow>(_scope.Client, "t", ["n"], TestJson.Default.NumberRow);
        var writes = Enumerable.Range(0, 100).Select(n => writer.WriteAsync(new(n), ClickHouseScope.Soon)).ToList();
        await writer.DisposeAsync();
        await Task.WhenAll(writes);
        Assert.Equal("100", await _scope.ScalarAsync("SELECT count() FROM t"));
        Assert.True((await Assert.ThrowsAsync<ClickHouseException>(() => writer.WriteAsync(new(1), ClickHouseScope.Soon))).IsTransient);
    }

    sealed class ForgetfulHandler(HttpMessageHandler inner, int forget) : DelegatingHandler(inner)
    {
        int _left = forget;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (_left-- <= 0)
                return response;
            response.Dispose();
            throw new HttpRequestException("The connection was lost.");
        }
    }
}
