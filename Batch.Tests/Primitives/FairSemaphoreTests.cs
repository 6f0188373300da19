using Batch.Primitives;

namespace Batch.Tests.Primitives;

/// <summary>Who waits is served in turn, and no permit is lost.</summary>
[Trait("Tier", "unit")]
public sealed class FairSemaphoreTests
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Who_comes_first_is_served_first_even_if_others_would_fit()
    {
        var semaphore = new FairSemaphore(100);
        await semaphore.AcquireAsync(60, default);
        var large = semaphore.AcquireAsync(80, default);
        var small = semaphore.AcquireAsync(10, default);
        Assert.False(large.IsCompleted || small.IsCompleted);

        semaphore.Release(60);
        await Task.WhenAll(large, small).WaitAsync(Limit);
        Assert.Equal(90, semaphore.Held);
    }

    [Fact]
    public async Task Who_gives_up_lets_the_next_one_pass()
    {
        var semaphore = new FairSemaphore(100);
        await semaphore.AcquireAsync(60, default);
        using var cancel = new CancellationTokenSource();
        var large = semaphore.AcquireAsync(80, cancel.Token);
        var small = semaphore.AcquireAsync(10, default);

        await cancel.CancelAsync();
        await small.WaitAsync(Limit);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        Assert.Equal((70, 0), (semaphore.Held, semaphore.Waiting));
    }

    [Fact]
    public async Task More_than_all_is_granted_once_nothing_else_is_held()
    {
        var semaphore = new FairSemaphore(100);
        await semaphore.AcquireAsync(1, default);
        var huge = semaphore.AcquireAsync(1000, default);
        Assert.False(huge.IsCompleted);
        semaphore.Release(1);
        await huge.WaitAsync(Limit);
    }

    [Fact]
    public async Task Who_has_given_up_before_asking_gets_nothing()
    {
        var semaphore = new FairSemaphore(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => semaphore.AcquireAsync(1, new CancellationToken(canceled: true)));
        Assert.Equal((0, 0), (semaphore.Held, semaphore.Waiting));
    }

    [Fact]
    public async Task A_grant_and_a_cancellation_that_meet_leave_the_permits_with_whoever_was_granted_them_or_free()
    {
        for (var turn = 0; turn < 500; turn++)
        {
            var semaphore = new FairSemaphore(1);
            await semaphore.AcquireAsync(1, default);
            using var cancel = new CancellationTokenSource();
            var waiter = semaphore.AcquireAsync(1, cancel.Token);
            using var together = new Barrier(2);
            await Task.WhenAll(
                Task.Run(() =>
                {
                    together.SignalAndWait(Limit);
                    semaphore.Release(1);
                }),
                Task.Run(() =>
                {
                    together.SignalAndWait(Limit);
                    cancel.Cancel();
                })).WaitAsync(Limit);
            await Task.WhenAny(waiter).WaitAsync(Limit);
            Assert.Equal((waiter.IsCompletedSuccessfully ? 1 : 0, 0), (semaphore.Held, semaphore.Waiting));
        }
    }

    [Fact]
    public async Task Permits_are_never_lost_or_made_up_however_requests_releases_and_cancellations_meet()
    {
        const int all = 24;
        const int many = 8;
        var semaphore = new FairSemaphore(all);
        var held = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(n => Task.Run(async () =>
        {
            var chance = new Random(n);
            for (var turn = 0; turn < 500; turn++)
            {
                var permits = chance.Next(3) == 0 ? many : 1;
                using var timeout = new CancellationTokenSource();
                if (chance.Next(4) == 0)
                    timeout.CancelAfter(TimeSpan.FromMicroseconds(chance.Next(200)));
                try
                {
                    await semaphore.AcquireAsync(permits, timeout.Token);
                }
                catch (OperationCanceledException)
                {
                    continue;
                }
                Assert.InRange(Interlocked.Add(ref held, permits), 1, all);
                await Task.Yield();
                Interlocked.Add(ref held, -permits);
                semaphore.Release(permits);
            }
        }))).WaitAsync(Limit);
        Assert.Equal((0, 0), (semaphore.Held, semaphore.Waiting));
        for (var granted = 0; granted < all; granted += many)
            Assert.True(semaphore.AcquireAsync(many, default).IsCompleted);
        Assert.False(semaphore.AcquireAsync(1, default).IsCompleted);
    }
}
