namespace Batch.Core.Log.Kafka;

/// <summary>What a consumer holds: its partitions, the records fetched ahead of its reader, and how far each partition is done.</summary>
/// <remarks>
/// Shared by the polling thread, the reader and the committers, so one lock guards it and nothing is called from within. The
/// invariant: a record or a commit belongs to a partition held now, and a commit to a record delivered since the partition was
/// assigned (its generation). Records and commits of a partition lost meanwhile are dropped here.
/// </remarks>
internal sealed class KafkaAssignment(IReadOnlyList<string> topics, int maxBytes, int maxRecords)
{
    readonly Lock _gate = new();
    readonly Dictionary<LogPartition, Held> _held = [];
    readonly int[] _turns = new int[topics.Count];
    readonly List<LogPartition>[] _byTopic = [.. topics.Select(_ => new List<LogPartition>())];
    List<LogPartition> _lost = [];
    long _bytes;
    int _records;

    /// <summary>Bytes of records that wait for the reader.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public bool IsFull
    {
        get
        {
            lock (_gate)
                return _bytes >= maxBytes || _records >= maxRecords;
        }
    }

    /// <summary>The reader can take a record now: one waits whose partition is not paused.</summary>
    public bool HasNext
    {
        get
        {
            lock (_gate)
            {
                foreach (var held in _held.Values)
                    if (!held.Paused && held.Records.Count > 0)
                        return true;
                return false;
            }
        }
    }

    /// <summary>Half empty: time to fetch again.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_gate)
                return _bytes <= maxBytes / 2 && _records <= maxRecords / 2;
        }
    }

    public void Add(IEnumerable<LogPartition> partitions)
    {
        lock (_gate)
        {
            foreach (var partition in partitions)
                _held.TryAdd(partition, new Held());
            Arrange();
        }
    }

    /// <summary>Forgets partitions, and returns the offsets of them that are done and not yet committed.</summary>
    public List<LogPosition> Remove(IEnumerable<LogPartition> partitions)
    {
        var undelivered = new List<LogRecord>();
        var pending = new List<LogPosition>();
        lock (_gate)
        {
            foreach (var partition in partitions)
            {
                if (!_held.Remove(partition, out var held))
                    continue;
                if (held.Done > held.Committed)
                    pending.Add(new LogPosition(partition.Topic, partition.Partition, held.Done));
                undelivered.AddRange(held.Records);
                _records -= held.Records.Count;
                _bytes -= held.Records.Sum(record => (long)record.Value.Length);
                _lost.Add(partition);
            }
            Arrange();
        }
        foreach (var record in undelivered)
            record.Dispose();
        return pending;
    }

    /// <summary>As if the partition had gone to another member and come back: nothing of what was fetched, done or committed of it counts.</summary>
    public void StartOver(LogPartition partition)
    {
        Remove([partition]);
        Add([partition]);
    }

    public List<LogPosition> RemoveAll()
    {
        List<LogPartition> all;
        lock (_gate)
            all = [.. _held.Keys];
        return Remove(all);
    }

    /// <summary>The partitions lost since the last call; null where there are none.</summary>
    public IReadOnlyList<LogPartition>? TakeLost()
    {
        lock (_gate)
        {
            if (_lost.Count == 0)
                return null;
            var lost = _lost;
            _lost = [];
            return lost;
        }
    }

    public void Put(LogRecord record)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(record.Position.Source, out var held))
            {
                held.Records.Enqueue(record);
                held.End = Math.Max(held.End, record.Position.Offset + 1);
                _records++;
                _bytes += record.Value.Length;
                return;
            }
        }
        record.Dispose();
    }

    /// <summary>The next record for the reader: from the first topic, round-robin over its partitions.</summary>
    public LogRecord? Take()
    {
        lock (_gate)
        {
            for (var topic = 0; topic < _byTopic.Length; topic++)
            {
                var partitions = _byTopic[topic];
                for (var i = 0; i < partitions.Count; i++)
                {
                    var turn = (_turns[topic] + i) % partitions.Count;
                    var held = _held[partitions[turn]];
                    if (held.Paused || !held.Records.TryDequeue(out var record))
                        continue;
                    _turns[topic] = turn + 1;
                    _records--;
                    _bytes -= record.Value.Length;
                    if (held.First < 0)
                        held.First = record.Position.Offset;
                    return record;
                }
            }
            return null;
        }
    }

    /// <summary>Where the group stands in a partition that has come, and where the partition begins and ends; null: not known.</summary>
    public void SetOffsets(LogPartition partition, long? committed, long? start, long? end)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue(partition, out var held))
                return;
            held.Origin = committed ?? -1;
            held.Start = start ?? held.Start;
            held.End = end ?? held.End;
        }
    }

    /// <summary>What was heard of the partition since; null: nothing new.</summary>
    public void Observe(LogPartition partition, long? start, long? end)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue(partition, out var held))
                return;
            held.Start = start ?? held.Start;
            held.End = end ?? held.End;
        }
    }

    /// <summary>Partitions that nothing is fetched of now, so that nothing is heard of them either.</summary>
    public List<LogPartition> Stopped()
    {
        lock (_gate)
            return [.. _held.Where(entry => entry.Value.Stopped).Select(entry => entry.Key)];
    }

    /// <summary>Of the partitions held now, how many records are there that are not committed. One whose end is not known yet is left out.</summary>
    public List<(LogPartition Partition, long Behind)> Lags()
    {
        lock (_gate)
        {
            var lags = new List<(LogPartition, long)>(_held.Count);
            foreach (var (partition, held) in _held)
                if (held.End >= 0)
                    lags.Add((partition, Math.Max(0, held.End - Math.Max(held.Start, Math.Max(held.Committed, held.Origin)))));
            return lags;
        }
    }

    public void SetPaused(LogPartition partition, bool paused)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(partition, out var held))
                held.Paused = paused;
        }
    }

    /// <summary>What to tell the client so that it fetches what is wanted, and only that.</summary>
    /// <param name="holdBack">Nothing more is fetched of partitions that have a record waiting; the others still get one, so that none starves.</param>
    public (List<LogPartition> Pause, List<LogPartition> Resume) Plan(bool holdBack)
    {
        List<LogPartition> pause = [], resume = [];
        lock (_gate)
        {
            foreach (var (partition, held) in _held)
            {
                var stop = held.Paused || (holdBack && held.Records.Count > 0);
                if (stop == held.Stopped)
                    continue;
                held.Stopped = stop;
                (stop ? pause : resume).Add(partition);
            }
        }
        return (pause, resume);
    }

    /// <summary>The client fetches it again, whatever it was told before.</summary>
    public void Restarted(LogPartition partition)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(partition, out var held))
                held.Stopped = false;
        }
    }

    /// <returns>False: there is nothing to commit; the partition is another member's now, or it is committed already.</returns>
    public bool MarkDone(LogPosition position)
    {
        lock (_gate)
        {
            if (!_held.TryGetValue(position.Source, out var held) || held.First < 0 || position.Offset < held.First)
                return false;
            held.Done = Math.Max(held.Done, position.Offset + 1);
            return held.Committed < position.Offset + 1;
        }
    }

    /// <summary>Offsets to commit: the first that is not done.</summary>
    public List<LogPosition> Pending()
    {
        lock (_gate)
            return
            [
                .. _held.Where(entry => entry.Value.Done > entry.Value.Committed)
                    .Select(entry => new LogPosition(entry.Key.Topic, entry.Key.Partition, entry.Value.Done)),
            ];
    }

    public void MarkCommitted(IEnumerable<LogPosition> positions)
    {
        lock (_gate)
        {
            foreach (var position in positions)
                if (_held.TryGetValue(position.Source, out var held))
                    held.Committed = Math.Max(held.Committed, position.Offset);
        }
    }

    void Arrange()
    {
        for (var topic = 0; topic < _byTopic.Length; topic++)
        {
            _byTopic[topic].Clear();
            _byTopic[topic].AddRange(_held.Keys.Where(partition => partition.Topic == topics[topic]).OrderBy(partition => partition.Partition));
        }
    }

    sealed class Held
    {
        public readonly Queue<LogRecord> Records = new();
        public bool Paused;
        public bool Stopped;
        public long First = -1;
        public long Done = -1;
        public long Committed = -1;
        /// <summary>What the group had committed when the partition came; -1: nothing.</summary>
        public long Origin = -1;
        public long Start;
        public long End = -1;
    }
}
