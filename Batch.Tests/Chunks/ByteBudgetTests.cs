using Batch.Primitives;

namespace Batch.Tests.Chunks;

[Trait("Tier", "unit")]
public sealed class ByteBudgetTests
{
    [Fact]
    public async Task Who_comes_first_is_served_first_even_if_others_would_fit()
    {
        var budget = new ByteBudget(100);
        await budget.AcquireAsync(60, default);
        var large = budget.AcquireAsync(80, default);
        var small = budget.AcquireAsync(10, default);
        Assert.False(large.IsCompleted || small.IsCompleted);

        budget.Release(60);
        await Task.WhenAll(large, small).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(90, budget.Held);
    }

    [Fact]
    public async Task Who_gives_up_lets_the_next_one_pass()
    {
        var budget = new ByteBudget(100);
        await budget.AcquireAsync(60, default);
        using var cancel = new CancellationTokenSource();
        var large = budget.AcquireAsync(80, cancel.Token);
        var small = budget.AcquireAsync(10, default);

        await cancel.CancelAsync();
        await small.WaitAsync(TimeSpan.FromSeconds(30));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        Assert.Equal((70, 0), (budget.Held, budget.Waiting));
    }

    [Fact]
    public async Task More_than_all_is_granted_once_nothing_else_is_held()
    {
        var budget = new ByteBudget(100);
        await budget.AcquireAsync(1, default);
        var huge = budget.AcquireAsync(1000, default);
        Assert.False(huge.IsCompleted);
        budget.Release(1);
        await huge.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
