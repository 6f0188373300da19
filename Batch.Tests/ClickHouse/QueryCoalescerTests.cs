using Batch.Core.ClickHouse;

namespace Batch.Tests.ClickHouse;

[Trait("Tier", "unit")]
public sealed class QueryCoalescerTests
{
    readonly List<int[]> _queries = [];
    TaskCompletionSource _answer = new();

    QueryCoalescer<int, string> Group() => new(async keys =>
    {
        TaskCompletionSource answer;
        lock (_queries)
        {
            _queries.Add([.. keys.Order()]);
            answer = _answer;
        }
        await answer.Task;
        return key => $"answer {key}";
    });

    async Task QueriesAsync(int count)
    {
        for (var tries = 0; ; tries++, await Task.Delay(5))
        {
            lock (_queries)
                if (_queries.Count >= count)
                    return;
            Assert.True(tries < 2000, $"Only {_queries.Count} queries came.");
        }
    }

    [Fact]
    public async Task Who_asks_while_a_query_is_under_way_shares_the_next_and_gets_his_own_answer()
    {
        var group = Group();
        var first = group.ReadAsync(1, CancellationToken.None);
        await QueriesAsync(1);
        var others = Enumerable.Range(2, 100).Select(key => (key, group.ReadAsync(key, CancellationToken.None))).ToList();
        var again = group.ReadAsync(1, CancellationToken.None);
        _answer.SetResult();
        Assert.Equal("answer 1", await first);
        foreach (var (key, answer) in others)
            Assert.Equal($"answer {key}", await answer);
        // The first query was sent before this was asked: its answer would be too old.
        Assert.Equal("answer 1", await again);
        Assert.Equal([[1], [.. Enumerable.Range(1, 101)]], _queries);
    }

    [Fact]
    public async Task A_query_holds_no_more_keys_than_it_may()
    {
        var group = Group();
        var first = group.ReadAsync(0, CancellationToken.None);
        await QueriesAsync(1);
        var answers = Enumerable.Range(1, 1200).Select(key => group.ReadAsync(key, CancellationToken.None)).ToList();
        _answer.SetResult();
        await Task.WhenAll([first, .. answers]);
        Assert.Equal([1, 500, 500, 200], _queries.Select(keys => keys.Length));
    }

    [Fact]
    public async Task A_query_that_fails_fails_for_all_who_share_it_and_the_next_goes_on()
    {
        var group = Group();
        var failing = group.ReadAsync(1, CancellationToken.None);
        await QueriesAsync(1);
        var broken = _answer;
        _answer = new();
        _answer.SetResult();
        broken.SetException(new ClickHouseException(ClickHouseErrors.NoAnswer, "gone", isTransient: true));
        await Assert.ThrowsAsync<ClickHouseException>(() => failing);
        Assert.Equal("answer 2", await group.ReadAsync(2, CancellationToken.None));
    }

    [Fact]
    public async Task Who_gives_up_does_not_take_the_others_along()
    {
        var group = Group();
        using var timeout = new CancellationTokenSource();
        var given = group.ReadAsync(1, timeout.Token);
        var other = group.ReadAsync(1, CancellationToken.None);
        await timeout.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        _answer.SetResult();
        Assert.Equal("answer 1", await other);
    }
}
