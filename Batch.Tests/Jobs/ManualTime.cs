namespace Batch.Tests.Jobs;

/// <summary>A clock that a test moves.</summary>
internal sealed class ManualTime : TimeProvider
{
    long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => Interlocked.Read(ref _now);
    public void Advance(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);
}
