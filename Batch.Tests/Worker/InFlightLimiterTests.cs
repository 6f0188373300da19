using Batch.Core.Chunks;
using Batch.Worker.Chunks;

namespace Batch.Tests.Worker;

/// <summary>What a member of the group has in hand is bounded.</summary>
[Trait("Tier", "unit")]
public sealed class InFlightLimiterTests
{
    const int Large = InFlightLimiter.UnitsOfLarge;

    [Fact]
    public async Task Two_large_chunks_or_sixteen_small_ones_fill_two_places()
    {
        var places = new InFlightLimiter(2);
        await places.AcquireAsync(Large, default);
        await places.AcquireAsync(Large, default);
        var third = places.AcquireAsync(1, default);
        Assert.False(third.IsCompleted);
        places.Release(Large);
        await third;
        for (var small = 0; small < Large - 1; small++)
            await places.AcquireAsync(1, default);
        Assert.False(places.AcquireAsync(1, default).IsCompleted);
        Assert.Equal((1, Large), (InFlightLimiter.UnitsOf(SmallChunk.Bytes), InFlightLimiter.UnitsOf(SmallChunk.Bytes + 1)));
    }

    [Fact]
    public async Task A_large_chunk_that_waits_is_not_overtaken_by_small_ones()
    {
        var places = new InFlightLimiter(1);
        await places.AcquireAsync(1, default);
        var large = places.AcquireAsync(Large, default);
        var small = places.AcquireAsync(1, default);
        Assert.False(small.IsCompleted);
        places.Release(1);
        await large;
        Assert.False(small.IsCompleted);
        places.Release(Large);
        await small;
    }
}
