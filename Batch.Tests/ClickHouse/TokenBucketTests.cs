using Batch.Core.ClickHouse;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.ClickHouse;

[Trait("Tier", "unit")]
public sealed class TokenBucketTests
{
    readonly FakeTimeProvider _time = new();

    TokenBucket Bucket() => new(perSecond: 10, burst: 3, _time);

    [Fact]
    public async Task A_burst_goes_at_once_and_the_next_turn_comes_at_the_steady_rate()
    {
        var bucket = Bucket();
        for (var turn = 0; turn < 3; turn++)
            Assert.True(bucket.KeepAsync(CancellationToken.None).IsCompleted);
        for (var turn = 0; turn < 50; turn++)
        {
            var next = bucket.KeepAsync(CancellationToken.None);
            _time.Advance(TimeSpan.FromMilliseconds(99));
            Assert.False(next.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await next.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public void A_rest_of_any_length_earns_one_burst()
    {
        var bucket = Bucket();
        Assert.True(bucket.IsRested);
        for (var turn = 0; turn < 3; turn++)
            _ = bucket.KeepAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.False(bucket.IsRested);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(bucket.IsRested);
        for (var turn = 0; turn < 3; turn++)
            Assert.True(bucket.KeepAsync(CancellationToken.None).IsCompleted);
        Assert.False(bucket.KeepAsync(CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task Who_is_cancelled_waits_no_longer_and_gets_no_exception()
    {
        var bucket = Bucket();
        for (var turn = 0; turn < 3; turn++)
            _ = bucket.KeepAsync(CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var waiting = bucket.KeepAsync(cancel.Token);
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
