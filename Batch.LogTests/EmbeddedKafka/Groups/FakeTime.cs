namespace Batch.Tests.EmbeddedKafka.Groups;

/// <summary>A clock that a test moves. Timers fire on the way, each at its own time.</summary>
sealed class FakeTime : TimeProvider
{
    readonly Lock _gate = new();
    readonly List<FakeTimer> _timers = [];
    TimeSpan _now;

    static DateTimeOffset Start => new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => _now.Ticks;
    public override DateTimeOffset GetUtcNow() => Start + _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(int milliseconds)
    {
        var end = _now + TimeSpan.FromMilliseconds(milliseconds);
        while (TakeNext(end) is { } timer)
            timer.Fire();
        _now = end;
    }

    FakeTimer? TakeNext(TimeSpan end)
    {
        lock (_gate)
        {
            var next = _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
            if (next is not null)
            {
                _now = next.Due > _now ? next.Due : _now;
                next.Due = next.Period > TimeSpan.Zero ? _now + next.Period : TimeSpan.MaxValue;
            }
            return next;
        }
    }

    sealed class FakeTimer(FakeTime time, Action fire) : ITimer
    {
        public TimeSpan Due { get; set; } = TimeSpan.MaxValue;
        public TimeSpan Period { get; private set; }
        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                (Due, Period) = (dueTime < TimeSpan.Zero ? TimeSpan.MaxValue : time._now + dueTime, period);
                time._timers.Add(this);
            }
            return true;
        }

        public void Dispose()
        {
            lock (time._gate)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
