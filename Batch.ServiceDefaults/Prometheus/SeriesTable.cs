using System.Diagnostics.Metrics;

namespace Batch.ServiceDefaults.Prometheus;

/// <summary>Takes one instrument's measurements to their series.</summary>
/// <remarks>
/// A hash table from tags to series whose readers neither lock nor allocate. Nodes are immutable and chains only grow at their head;
/// writers hold the lock and publish with a release write. The order of tags does not matter (their hashes are added), and values are
/// compared with <see cref="object.Equals(object, object)"/>, so a boxed 200 is found without making it a string.
/// </remarks>
sealed class SeriesTable(MetricFamily family, Instrument instrument, int capacity)
{
    readonly Lock _gate = new();
    readonly KeyValuePair<string, object?>[] _constant = [.. instrument.Meter.Tags ?? [], .. instrument.Tags ?? []];
    Node?[] _buckets = new Node?[16];
    int _count;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        switch (family.Kind)
        {
            // A counter that went down would look like a restart to Prometheus, and a NaN would spoil the sum for good.
            case MetricKind.Counter when value >= 0:
                Find(tags).Add(value);
                break;
            case MetricKind.Sum when !double.IsNaN(value):
                Find(tags).Add(value);
                break;
            case MetricKind.Histogram when !double.IsNaN(value):
                Find(tags).Observe(value);
                break;
            case MetricKind.Gauge:
                Find(tags).Set(value);
                break;
        }
    }

    Series Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = HashOf(tags);
        var buckets = Volatile.Read(ref _buckets);
        for (var node = Volatile.Read(ref buckets[hash & (buckets.Length - 1)]); node is not null; node = node.Next)
        {
            if (node.Hash == hash && Same(node.Tags, tags) && !node.Series.IsDropped)
                return node.Series;
        }

        return Add(hash, tags);
    }

    Series Add(int hash, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_gate)
        {
            for (var node = _buckets[hash & (_buckets.Length - 1)]; node is not null; node = node.Next)
            {
                if (node.Hash == hash && Same(node.Tags, tags) && !node.Series.IsDropped)
                    return node.Series;
            }

            if (_count >= capacity && !Rebuild(_buckets.Length))
                return family.Overflow();
            if (_count >= _buckets.Length)
                Rebuild(_buckets.Length * 2);

            var copy = tags.ToArray();
            var series = family.SeriesFor(_constant.Length == 0 ? copy : [.. _constant, .. copy]);
            ref var head = ref _buckets[hash & (_buckets.Length - 1)];
            Volatile.Write(ref head, new Node(copy, hash, series, head));
            _count++;
            return series;
        }
    }

    /// <summary>Makes the table anew without the series its family has dropped; false where that made no room.</summary>
    bool Rebuild(int size)
    {
        var buckets = new Node?[size];
        var count = 0;
        foreach (var chain in _buckets)
        {
            for (var node = chain; node is not null; node = node.Next)
            {
                if (node.Series.IsDropped)
                    continue;
                ref var head = ref buckets[node.Hash & (size - 1)];
                head = new Node(node.Tags, node.Hash, node.Series, head);
                count++;
            }
        }

        Volatile.Write(ref _buckets, buckets);
        _count = count;
        return count < capacity;
    }

    static int HashOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = tags.Length;
        foreach (var (key, value) in tags)
            hash += HashCode.Combine(key, value);
        return hash;
    }

    static bool Same(KeyValuePair<string, object?>[] known, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (known.Length != tags.Length)
            return false;
        for (var i = 0; i < known.Length; i++)
        {
            // Nearly always in the same order; the search is for callers that are not consistent.
            if (!Same(known[i], tags[i]) && !Contains(tags, known[i]))
                return false;
        }

        return true;
    }

    static bool Contains(ReadOnlySpan<KeyValuePair<string, object?>> tags, KeyValuePair<string, object?> wanted)
    {
        foreach (var tag in tags)
        {
            if (Same(tag, wanted))
                return true;
        }

        return false;
    }

    static bool Same(KeyValuePair<string, object?> a, KeyValuePair<string, object?> b) =>
        string.Equals(a.Key, b.Key, StringComparison.Ordinal) && Equals(a.Value, b.Value);

    sealed class Node(KeyValuePair<string, object?>[] tags, int hash, Series series, Node? next)
    {
        public readonly KeyValuePair<string, object?>[] Tags = tags;
        public readonly int Hash = hash;
        public readonly Series Series = series;
        public readonly Node? Next = next;
    }
}
