using Batch.Core.Caching;

namespace Batch.Tests.Caching;

[Trait("Tier", "unit")]
public sealed class ByteBoundedCacheTests
{
    [Fact]
    public void Values_stay_within_their_bytes_however_many_there_are()
    {
        using var cache = new ByteBoundedCache<int, string>(1 << 20, text => text.Length);
        for (var key = 0; key < 2_000; key++)
        {
            cache.Keep(key, new string('x', 10_000));
            // What a full cache gives up, it gives up a moment later, on another thread; it never takes more than fits.
            Assert.InRange(cache.Count, 0, (1 << 20) / 10_000);
        }
        Assert.True(SpinWait.SpinUntil(() =>
        {
            cache.Keep(-1, "one more");
            return cache.Find(-1) == "one more";
        }, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void A_value_larger_than_the_cache_is_not_kept()
    {
        using var cache = new ByteBoundedCache<string, string>(1_000, text => text.Length);
        cache.Keep("key", new string('x', 10_000));
        Assert.Null(cache.Find("key"));
        cache.Keep("key", "short");
        Assert.Equal("short", cache.Find("key"));
    }
}
