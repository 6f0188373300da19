using Batch.Core.Chunks;
using Batch.Worker.Chunks;

namespace Batch.Tests.Worker;

/// <summary>What a member of the group has in hand is bounded.</summary>
[Trait("Tier", "unit")]
public sealed class InFlightLimiterTests
{
    const int Large = InFlightLimiter.PermitsOfLarge;

    [Fact]
    public async Task Two_large_chunks_or_sixteen_small_ones_fill_two_places()
    {
        var limiter = new InFlightLimiter(2);
        await limiter.AcquireAsync(Large, default);
        await limiter.AcquireAsync(Large, default);
        var third = limiter.AcquireAsync(1, default);
        Assert.False(third.IsCompleted);
        limiter.Release(Large);
        await third;
        for (var small = 0; small < Large - 1; small++)
            await limiter.AcquireAsync(1, default);
        Assert.False(limiter.AcquireAsync(1, default).IsCompleted);
        Assert.Equal((1, Large), (InFlightLimiter.PermitsOf(SmallChunk.Bytes), InFlightLimiter.PermitsOf(SmallChunk.Bytes + 1)));
    }

    [Fact]
    public async Task A_large_chunk_that_waits_is_not_overtaken_by_small_ones()
    {
        var limiter = new InFlightLimiter(1);
        await limiter.AcquireAsync(1, default);
        var large = limiter.AcquireAsync(Large, default);
        var small = limiter.AcquireAsync(1, default);
        Assert.False(small.IsCompleted);
        limiter.Release(1);
        await large;
        Assert.False(small.IsCompleted);
        limiter.Release(Large);
        await small;
    }
}
