namespace Batch.ServiceDefaults.Prometheus;

/// <summary>One line of a metric, or one set of buckets: a running total that many threads add to.</summary>
sealed class Series(string labels, double[]? bounds)
{
    readonly long[] _buckets = bounds is null ? [] : new long[bounds.Length + 1];
    double _value;
    volatile bool _hasValue;
    volatile bool _isDropped;

    /// <summary>As printed, without braces.</summary>
    public string Labels { get; } = labels;

    /// <summary>The total or the last value; for a histogram the sum of what was measured.</summary>
    public double Value => Volatile.Read(ref _value);

    public bool HasValue => _hasValue;

    /// <summary>Its family no longer prints it; whoever still points here asks for a new one.</summary>
    public bool IsDropped
    {
        get => _isDropped;
        set => _isDropped = value;
    }

    public long Bucket(int index) => Interlocked.Read(ref _buckets[index]);

    public void Set(double value)
    {
        Volatile.Write(ref _value, value);
        _hasValue = true;
    }

    public void Add(double value)
    {
        var seen = Volatile.Read(ref _value);
        while (true)
        {
            var found = Interlocked.CompareExchange(ref _value, seen + value, seen);
            if (BitConverter.DoubleToInt64Bits(found) == BitConverter.DoubleToInt64Bits(seen))
                break;
            seen = found;
        }

        if (!_hasValue)
            _hasValue = true;
    }

    public void Observe(double value)
    {
        // A bound belongs to its bucket: le means "less or equal".
        var index = Array.BinarySearch(bounds!, value);
        Interlocked.Increment(ref _buckets[index < 0 ? ~index : index]);
        Add(value);
    }

    public void Reset()
    {
        Volatile.Write(ref _value, 0);
        _hasValue = false;
    }
}
