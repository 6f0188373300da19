using Batch.Primitives;

namespace Batch.Tests.Primitives;

/// <summary>What is added is committed once, in its turn, and whoever waits hears what came of it.</summary>
[Trait("Tier", "unit")]
public sealed class GroupCommitTests
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    readonly List<int[]> _committed = [];
    readonly SemaphoreSlim _begun = new(0);
    readonly SemaphoreSlim _allowed = new(0);
    int _underWay;

    GroupCommit<int, int> Groups(int maxItems = 100, long maxSize = long.MaxValue, Func<Task>? pace = null) => new(CommitAsync, maxItems, maxSize, pace);

    async Task<int> CommitAsync(IReadOnlyList<int> items)
    {
        Assert.Equal(1, Interlocked.Increment(ref _underWay));
        _committed.Add([.. items]);
        _begun.Release();
        await _allowed.WaitAsync();
        Interlocked.Decrement(ref _underWay);
        return items.Contains(-1) ? throw new IOException("The test says so.") : items.Sum();
    }

    async Task BegunAsync() => Assert.True(await _begun.WaitAsync(Limit));

    [Fact]
    public async Task What_is_added_while_a_commit_is_under_way_goes_together_with_the_next()
    {
        var groups = Groups();
        var first = groups.AddAsync(1);
        await BegunAsync();
        Task<int>[] others = [groups.AddAsync(2), groups.AddAsync(3), groups.AddAsync(4)];
        Assert.False(groups.IsIdle);

        _allowed.Release(2);
        Assert.Equal(1, await first.WaitAsync(Limit));
        Assert.All(await Task.WhenAll(others).WaitAsync(Limit), result => Assert.Equal(9, result));
        Assert.Equal([[1], [2, 3, 4]], _committed);
        await groups.StopAsync().WaitAsync(Limit);
        Assert.True(groups.IsIdle);
    }

    [Fact]
    public async Task A_group_has_no_more_items_and_is_no_larger_than_allowed_but_for_one_that_is_too_large_alone()
    {
        var groups = Groups(maxItems: 3, maxSize: 10);
        var all = new List<Task> { groups.AddAsync(0) };
        await BegunAsync();
        foreach (var size in new[] { 1, 1, 1, 1, 9, 1, 11, 5, 5 })
            all.Add(groups.AddAsync(size, size));

        _allowed.Release(10);
        await Task.WhenAll(all).WaitAsync(Limit);
        Assert.Equal([[0], [1, 1, 1], [1, 9], [1], [11], [5, 5]], _committed);
    }

    [Fact]
    public async Task A_commit_that_fails_fails_for_its_group_alone_and_the_next_goes_on()
    {
        var groups = Groups();
        var first = groups.AddAsync(1);
        await BegunAsync();
        Task<int>[] failing = [groups.AddAsync(-1), groups.AddAsync(2)];
        _allowed.Release(2);

        Assert.Equal(1, await first.WaitAsync(Limit));
        foreach (var one in failing)
            await Assert.ThrowsAsync<IOException>(() => one.WaitAsync(Limit));
        _allowed.Release();
        Assert.Equal(3, await groups.AddAsync(3).WaitAsync(Limit));
    }

    [Fact]
    public async Task What_arrives_while_the_pace_is_kept_goes_with_the_group_that_waits()
    {
        var pace = new SemaphoreSlim(0);
        var groups = Groups(pace: () => pace.WaitAsync(Limit));
        Task<int>[] all = [groups.AddAsync(1), groups.AddAsync(2)];
        pace.Release();
        _allowed.Release();

        await Task.WhenAll(all).WaitAsync(Limit);
        Assert.Equal([[1, 2]], _committed);
    }

    [Fact]
    public async Task Stopping_commits_what_was_added_and_takes_nothing_more()
    {
        var groups = Groups();
        var first = groups.AddAsync(1);
        await BegunAsync();
        var second = groups.AddAsync(2);
        var stopped = groups.StopAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => groups.AddAsync(3));
        Assert.False(stopped.IsCompleted);

        _allowed.Release(2);
        await stopped.WaitAsync(Limit);
        Assert.Equal((1, 2), (await first, await second));
        Assert.Equal([[1], [2]], _committed);
    }

    [Fact]
    public async Task A_commit_is_part_of_nobodys_execution_context()
    {
        var context = new AsyncLocal<string?>();
        var groups = new GroupCommit<int, string?>(_ => Task.FromResult(context.Value), 10);
        context.Value = "the caller's";
        Assert.Null(await groups.AddAsync(1).WaitAsync(Limit));
    }

    [Fact]
    public void Who_adds_just_as_the_last_commit_ends_is_not_left_waiting()
    {
        var groups = new GroupCommit<int, int>(items => Task.FromResult(items[0]), 10);
        for (var item = 0; item < 20_000; item++)
        {
            var done = groups.AddAsync(item);
            // Not awaited: the next is to come before the one before has been left.
            Assert.True(SpinWait.SpinUntil(() => done.IsCompleted, Limit), $"Item {item} of 20,000 was not committed.");
        }
    }

    [Fact]
    public async Task Whoever_adds_at_whatever_moment_every_item_is_committed_once_and_in_its_order()
    {
        const int adders = 8;
        const int each = 2000;
        var committed = new List<(int Adder, int Number)>();
        var groups = new GroupCommit<(int Adder, int Number), int>(async items =>
        {
            committed.AddRange(items);
            await Task.Yield();
            return items.Count;
        }, maxItems: 50);

        await Task.WhenAll(Enumerable.Range(0, adders).Select(adder => Task.Run(async () =>
        {
            for (var number = 0; number < each; number++)
            {
                var done = groups.AddAsync((adder, number));
                // Now and then the last group has just ended, or is about to.
                if (number % 10 == 0)
                    Assert.InRange(await done, 1, 50);
            }
        }))).WaitAsync(Limit);
        await groups.StopAsync().WaitAsync(Limit);

        Assert.Equal(adders * each, committed.Count);
        foreach (var own in committed.GroupBy(item => item.Adder))
            Assert.Equal(Enumerable.Range(0, each), own.Select(item => item.Number));
    }
}
