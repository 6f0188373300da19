namespace Batch.Cli.Progress;

/// <summary>How fast something goes, over the last few seconds: the average since the start would not notice that it has stopped.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Least = TimeSpan.FromMilliseconds(300);

    readonly Queue<(long At, double Value)> _samples = new();
    readonly Lock _lock = new();
    (long At, double Value) _last;

    public void Add(double value)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _last = (now, value);
            // Ten samples a second are enough, whoever reports.
            if (_samples.Count > 0 && time.GetElapsedTime(_samples.Last().At, now) < TimeSpan.FromMilliseconds(100))
                return;
            _samples.Enqueue(_last);
            while (_samples.Count > 2 && time.GetElapsedTime(_samples.Peek().At, now) > Window)
                _samples.Dequeue();
        }
    }

    /// <summary>Per second; null while it is too early to tell.</summary>
    public double? PerSecond
    {
        get
        {
            lock (_lock)
            {
                if (_samples.Count == 0)
                    return null;
                var (at, value) = _samples.Peek();
                var elapsed = time.GetElapsedTime(at);
                return elapsed < Least ? null : Math.Max(0, (_last.Value - value) / elapsed.TotalSeconds);
            }
        }
    }
}
