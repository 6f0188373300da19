using Batch.Core.ClickHouse;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.ClickHouse;

[Trait("Tier", "unit")]
public sealed class ClickHousePulseTests
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    readonly FakeTimeProvider _time = new();
    Func<CancellationToken, Task> _probe = Silence;

    static Task Silence(CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

    ClickHousePulse Pulse() => new(token => _probe(token), TimeSpan.FromSeconds(8), _time);

    [Fact]
    public async Task A_read_is_given_up_when_nothing_is_answered_and_silence_ends_with_the_next_answer()
    {
        var pulse = Pulse();
        using var read = pulse.Begin();
        await PassAsync(() => read.Silent.IsCancellationRequested);
        Assert.True(pulse.IsSilent);

        _probe = _ => Task.CompletedTask;
        await PassAsync(() => !pulse.IsSilent);
        Assert.True(read.Silent.IsCancellationRequested);
    }

    [Fact]
    public async Task A_read_that_takes_long_goes_on_while_something_else_is_answered()
    {
        var asked = 0;
        _probe = _ =>
        {
            Interlocked.Increment(ref asked);
            return Task.CompletedTask;
        };
        var pulse = Pulse();
        using var read = pulse.Begin();
        await PassAsync(() => Volatile.Read(ref asked) > 100);
        Assert.False(read.Silent.IsCancellationRequested);
    }

    [Fact]
    public async Task A_refusal_is_an_answer()
    {
        var asked = 0;
        _probe = _ =>
        {
            Interlocked.Increment(ref asked);
            throw new HttpRequestException("Connection refused");
        };
        var pulse = Pulse();
        using var read = pulse.Begin();
        await PassAsync(() => Volatile.Read(ref asked) > 20);
        Assert.False(pulse.IsSilent);
    }

    [Fact]
    public async Task Nobody_is_asked_when_nobody_waits()
    {
        var asked = 0;
        _probe = _ =>
        {
            Interlocked.Increment(ref asked);
            return Task.CompletedTask;
        };
        var pulse = Pulse();
        pulse.Begin().Dispose();
        for (var second = 0; second < 20; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }
        Assert.Equal(0, Volatile.Read(ref asked));
    }

    /// <summary>Lets time pass until it is so.</summary>
    async Task PassAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!isSo())
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(1, limit.Token);
        }
    }
}
