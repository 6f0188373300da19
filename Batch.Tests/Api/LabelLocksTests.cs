using Batch.Api.Uploads;

namespace Batch.Tests.Api;

[Trait("Tier", "unit")]
public sealed class LabelLocksTests
{
    [Fact]
    public async Task The_same_label_is_held_by_one_at_a_time_and_others_are_not_kept_waiting()
    {
        var locks = new LabelLocks();
        var first = await locks.TakeAsync("a", CancellationToken.None);
        using var other = await locks.TakeAsync("b", CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

        var second = locks.TakeAsync("a", CancellationToken.None);
        Assert.False(second.IsCompleted);
        first.Dispose();
        first.Dispose();
        (await second.WaitAsync(TimeSpan.FromSeconds(30))).Dispose();
    }

    [Fact]
    public async Task One_who_gives_up_does_not_hold_the_label()
    {
        var locks = new LabelLocks();
        var first = await locks.TakeAsync("a", CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var second = locks.TakeAsync("a", cancel.Token);
        Assert.False(second.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        first.Dispose();
        (await locks.TakeAsync("a", CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30))).Dispose();
    }
}
