using System.Collections.Concurrent;
using Batch.Primitives;

namespace Batch.Tests.Primitives;

[Trait("Tier", "unit")]
public sealed class GroupCommitThreadTests
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    readonly BlockingCollection<int[]> _begun = [];
    readonly SemaphoreSlim _allowed = new(0);

    GroupCommitThread<int> Groups(int maxItems = 100) => new("test", maxItems, group =>
    {
        _begun.Add([.. group]);
        _allowed.Wait(Limit);
    });

    int[] NextGroup() => _begun.TryTake(out var group, Limit) ? group : throw new TimeoutException("No group was committed.");

    [Fact]
    public async Task What_is_added_while_a_commit_blocks_goes_together_with_the_next_in_groups_of_the_size_allowed()
    {
        var groups = Groups(maxItems: 3);
        Assert.True(groups.TryAdd(1));
        Assert.Equal([1], NextGroup());
        for (var item = 2; item <= 6; item++)
            Assert.True(groups.TryAdd(item));
        _allowed.Release(3);

        Assert.Equal([2, 3, 4], NextGroup());
        Assert.Equal([5, 6], NextGroup());
        await groups.StopAsync().WaitAsync(Limit);
    }

    [Fact]
    public async Task Stopping_commits_what_was_added_and_takes_nothing_more()
    {
        var groups = Groups();
        Assert.True(groups.TryAdd(1));
        Assert.Equal([1], NextGroup());
        Assert.True(groups.TryAdd(2));
        var stopped = groups.StopAsync();
        Assert.False(groups.TryAdd(3));
        Assert.False(stopped.IsCompleted);

        _allowed.Release(2);
        await stopped.WaitAsync(Limit);
        Assert.Equal([2], NextGroup());
        Assert.Empty(_begun);
    }

    [Fact]
    public async Task A_commit_that_waits_to_be_repeated_is_not_waited_for_once_it_is_told_to_stop()
    {
        GroupCommitThread<int>? groups = null;
        var answers = new BlockingCollection<bool>();
        using var known = new ManualResetEventSlim();
        groups = new("test", 1, _ =>
        {
            known.Wait(Limit);
            answers.Add(groups!.StopsWithin(TimeSpan.FromMilliseconds(1)));
            answers.Add(groups.StopsWithin(TimeSpan.FromDays(1)));
        });
        known.Set();
        groups.TryAdd(1);
        Assert.True(answers.TryTake(out var stopped, Limit));
        Assert.False(stopped);
        // What is added meanwhile does not end the pause.
        groups.TryAdd(2);
        Assert.Empty(answers);

        await groups.StopAsync().WaitAsync(Limit);
        Assert.Equal([true, true, true], answers);
    }

    [Fact]
    public async Task Whoever_adds_at_whatever_moment_every_item_is_committed_once_and_in_its_order()
    {
        const int adders = 4;
        const int each = 5000;
        var committed = new List<(int Adder, int Number)>();
        var groups = new GroupCommitThread<(int Adder, int Number)>("test", 50, committed.AddRange);
        await Task.WhenAll(Enumerable.Range(0, adders).Select(adder => Task.Run(() =>
        {
            for (var number = 0; number < each; number++)
                Assert.True(groups.TryAdd((adder, number)));
        }))).WaitAsync(Limit);
        await groups.StopAsync().WaitAsync(Limit);

        Assert.Equal(adders * each, committed.Count);
        foreach (var own in committed.GroupBy(item => item.Adder))
            Assert.Equal(Enumerable.Range(0, each), own.Select(item => item.Number));
    }
}
