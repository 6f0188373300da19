using Batch.Primitives;

namespace Batch.Tests.Primitives;

[Trait("Tier", "unit")]
public sealed class BackoffTests
{
    static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(1.5);

    [Fact]
    public void Pauses_grow_by_the_factor_up_to_the_longest()
    {
        double[] Pauses(Backoff backoff) => [.. Enumerable.Range(1, 6).Select(failures => backoff.After(failures).TotalMilliseconds)];

        Assert.Equal([100, 200, 400, 800, 1500, 1500], Pauses(new(First, Longest)));
        Assert.Equal([100, 400, 1500, 1500, 1500, 1500], Pauses(new(First, Longest, Factor: 4)));
        Assert.Equal([1500, 1500, 1500, 1500, 1500, 1500], Pauses(new(TimeSpan.FromHours(1), Longest)));
    }

    [Fact]
    public void However_many_failures_there_were_a_pause_is_never_longer_than_the_longest()
    {
        Assert.Equal(Longest, new Backoff(First, Longest).After(int.MaxValue));
        Assert.Equal(TimeSpan.Zero, new Backoff(TimeSpan.Zero, Longest).After(int.MaxValue));
    }

    [Fact]
    public void Jitter_shortens_a_pause_by_no_more_than_its_share_and_not_always_by_the_same()
    {
        var backoff = new Backoff(First, Longest, Jitter: 0.5);
        var pauses = Enumerable.Range(0, 1000).Select(_ => backoff.After(3).TotalMilliseconds).ToList();

        Assert.All(pauses, pause => Assert.InRange(pause, 200, 400));
        Assert.True(pauses.Max() - pauses.Min() > 100);
    }
}
