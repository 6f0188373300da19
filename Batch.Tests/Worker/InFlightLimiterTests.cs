using Batch.Core.Chunks;
using Batch.Worker.Chunks;

namespace Batch.Tests.Worker;

/// <summary>What a member of the group has in hand is bounded, and nobody waits for ever.</summary>
[Trait("Tier", "unit")]
public sealed class InFlightLimiterTests
{
    const int Large = InFlightLimiter.UnitsOfLarge;

    [Fact]
    public async Task Two_large_chunks_or_sixteen_small_ones_fill_two_places()
    {
        var places = new InFlightLimiter(2);
        await places.TakeAsync(Large, default);
        await places.TakeAsync(Large, default);
        var third = places.TakeAsync(1, default);
        Assert.False(third.IsCompleted);
        places.Give(Large);
        await third;
        for (var small = 0; small < Large - 1; small++)
            await places.TakeAsync(1, default);
        Assert.False(places.TakeAsync(1, default).IsCompleted);
        Assert.Equal((1, Large), (InFlightLimiter.UnitsOf(SmallChunk.Bytes), InFlightLimiter.UnitsOf(SmallChunk.Bytes + 1)));
    }

    [Fact]
    public async Task A_large_chunk_that_waits_is_not_overtaken_by_small_ones()
    {
        var places = new InFlightLimiter(1);
        await places.TakeAsync(1, default);
        var large = places.TakeAsync(Large, default);
        var small = places.TakeAsync(1, default);
        Assert.False(small.IsCompleted);
        places.Give(1);
        await large;
        Assert.False(small.IsCompleted);
        places.Give(Large);
        await small;
    }

    [Fact]
    public async Task Who_gives_up_waiting_holds_up_nobody_and_takes_nothing_along()
    {
        var places = new InFlightLimiter(1);
        await places.TakeAsync(1, default);
        using var impatience = new CancellationTokenSource();
        var large = places.TakeAsync(Large, impatience.Token);
        var small = places.TakeAsync(1, default);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small;
        places.Give(1);
        places.Give(1);
        await places.TakeAsync(Large, default);
    }

    [Fact]
    public async Task Units_are_never_lost_or_made_up_however_takes_gives_and_cancellations_meet()
    {
        const int room = 3 * Large;
        var places = new InFlightLimiter(3);
        var held = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(n => Task.Run(async () =>
        {
            var chance = new Random(n);
            for (var turn = 0; turn < 500; turn++)
            {
                var units = chance.Next(3) == 0 ? Large : 1;
                using var timeout = new CancellationTokenSource();
                if (chance.Next(4) == 0)
                    timeout.CancelAfter(TimeSpan.FromMicroseconds(chance.Next(200)));
                try
                {
                    await places.TakeAsync(units, timeout.Token);
                }
                catch (OperationCanceledException)
                {
                    continue;
                }
                Assert.InRange(Interlocked.Add(ref held, units), 1, room);
                await Task.Yield();
                Interlocked.Add(ref held, -units);
                places.Give(units);
            }
        })));
        for (var large = 0; large < 3; large++)
            Assert.True(places.TakeAsync(Large, default).IsCompleted);
        Assert.False(places.TakeAsync(1, default).IsCompleted);
    }
}
