namespace Batch.EmbeddedKafka.Storage;

/// <summary>Closes files of segments that nobody uses once many are open: thousands of partitions cost no descriptor each.</summary>
/// <remarks>A ring with a second chance: a file that was used since the last look stays for another round.</remarks>
internal sealed class OpenFiles(int limit)
{
    readonly Lock _gate = new();
    readonly Queue<Segment> _ring = new();

    /// <summary>Called after a segment has opened its file, outside its lock.</summary>
    public void Opened(Segment segment)
    {
        lock (_gate)
            _ring.Enqueue(segment);
        CloseUnused();
    }

    public void CloseUnused()
    {
        lock (_gate)
        {
            while (_ring.TryPeek(out var freed) && freed.IsFreed)
                _ring.Dequeue();
            for (var looks = 2 * _ring.Count; _ring.Count > limit && looks > 0; looks--)
            {
                var oldest = _ring.Dequeue();
                if (!oldest.TryClose())
                    _ring.Enqueue(oldest);
            }
        }
    }
}
