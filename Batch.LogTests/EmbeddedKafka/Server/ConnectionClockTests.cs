using Batch.EmbeddedKafka.Server;
using Microsoft.Extensions.Time.Testing;

namespace Batch.Tests.EmbeddedKafka.Server;

/// <summary>Which connections the broker closes, and which it never does.</summary>
[Trait("Tier", "unit")]
public sealed class ConnectionClockTests
{
    static readonly TimeSpan Stalled = TimeSpan.FromSeconds(31), Idle = TimeSpan.FromMinutes(11);
    readonly FakeTimeProvider _time = new();
    readonly ConnectionClock _clock;

    public ConnectionClockTests() => _clock = new ConnectionClock(_time);

    [Fact]
    public void A_client_that_asks_nothing_for_ten_minutes_is_closed()
    {
        _time.Advance(Stalled);
        Assert.False(_clock.IsOver);
        _time.Advance(Idle);
        Assert.True(_clock.IsOver);
    }

    [Fact]
    public void A_request_that_stops_half_way_is_closed_after_thirty_seconds_and_one_that_goes_on_is_not()
    {
        _clock.Expect(Awaited.RestOfRequest);
        for (var part = 0; part < 10; part++)
        {
            _time.Advance(TimeSpan.FromSeconds(20));
            _clock.Progress();
        }
        Assert.False(_clock.IsOver);
        _time.Advance(Stalled);
        Assert.True(_clock.IsOver);
    }

    [Fact]
    public void A_client_that_does_not_read_its_response_is_closed_after_thirty_seconds()
    {
        _clock.Sending(true);
        _time.Advance(Stalled);
        Assert.True(_clock.IsOver);
        _clock.Sending(false);
        Assert.False(_clock.IsOver);
    }

    [Fact]
    public void A_client_that_waits_for_the_broker_is_never_closed()
    {
        _clock.RequestBegins();
        _time.Advance(Idle);
        Assert.False(_clock.IsOver);
        _clock.RequestEnds();
        Assert.False(_clock.IsOver);
        _time.Advance(Idle);
        Assert.True(_clock.IsOver);
    }
}
