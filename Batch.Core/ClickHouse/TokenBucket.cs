namespace Batch.Core.ClickHouse;

/// <summary>How often something may be done that ends in an insert: a few times at once, then at a steady rate. For one user at a time.</summary>
/// <remarks>Each insert costs ClickHouse about the same, whatever its size, and makes a part that has to be merged.</remarks>
/// <param name="perSecond">The rate that lasts.</param>
/// <param name="burst">How many may go at once after a rest.</param>
public sealed class TokenBucket(double perSecond, double burst, TimeProvider? time = null)
{
    readonly double _burst = burst;
    readonly TimeProvider _time = time ?? TimeProvider.System;
    double _credit = burst;
    long _creditAt = (time ?? TimeProvider.System).GetTimestamp();

    /// <summary>Nothing was done for so long that a whole burst may go again.</summary>
    public bool IsRested => _credit + _time.GetElapsedTime(_creditAt).TotalSeconds * perSecond >= _burst;

    /// <summary>Waits for the next turn. Does not throw when cancelled.</summary>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetTimestamp();
        _credit = Math.Min(_burst, _credit + _time.GetElapsedTime(_creditAt, now).TotalSeconds * perSecond) - 1;
        _creditAt = now;
        if (_credit < 0 && !cancellationToken.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromSeconds(-_credit / perSecond), _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
