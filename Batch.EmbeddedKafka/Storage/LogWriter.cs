namespace Batch.EmbeddedKafka.Storage;

/// <summary>
/// The one thread that writes: takes what has been handed in, writes it, flushes each file once, all at the same time, and answers everybody.
/// </summary>
/// <remarks>
/// This is group commit without a timer: while a flush runs, others queue up and share the next; when nothing runs, an append is
/// written at once. One thread, because a partition that only one thread writes needs no lock. The same thread gives room back.
/// </remarks>
internal sealed class LogWriter : IDisposable
{
    const long RoundBytes = 32 << 20;
    const int RoundAppends = 4096;
    const int LookMilliseconds = 500;
    const int RetentionMilliseconds = 3000;

    readonly StoreContext _context;
    readonly StorageHealth _health;
    readonly Func<IEnumerable<Partition>> _partitions;
    readonly Func<Partition, long?> _consumedBelow;
    readonly Thread _thread;
    readonly object _gate = new();
    readonly Queue<PendingAppend> _queue = new();
    readonly Queue<(Action Action, TaskCompletionSource Done)> _commands = new();
    readonly HashSet<Partition> _trims = [];
    readonly Dictionary<Partition, Share> _round = [];
    readonly HashSet<Partition> _later = [];
    long _nextLook;
    readonly FlushCrew _crew = new();
    readonly List<(Partition Partition, Share Share)> _flushes = [];
    long _nextRetention;
    bool _stopping;

    /// <param name="partitions">All there are.</param>
    /// <param name="consumedBelow">Offset that every group of the partition is past; null: no group has one.</param>
    public LogWriter(StoreContext context, StorageHealth health, Func<IEnumerable<Partition>> partitions, Func<Partition, long?> consumedBelow)
    {
        (_context, _health, _partitions, _consumedBelow) = (context, health, partitions, consumedBelow);
        _thread = new Thread(Run) { Name = "log writer", IsBackground = true };
    }

    public void Start() => _thread.Start();

    public void Enqueue(PendingAppend append)
    {
        lock (_gate)
        {
            if (!_stopping)
            {
                _queue.Enqueue(append);
                Monitor.Pulse(_gate);
                return;
            }
        }
        if (append.TryTake())
            append.Fail(Closed());
    }

    /// <summary>Runs this on the writer's thread, between two rounds, and waits for it.</summary>
    /// <exception cref="KafkaErrorException">What the action throws; KafkaStorageError for a fault of the
    /// disk; NotLeaderOrFollower when the store is being closed.</exception>
    public void Run(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_stopping)
                throw Closed();
            _commands.Enqueue((action, done));
            Monitor.Pulse(_gate);
        }
        done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Asks for room to be given back, soon.</summary>
    public void RequestTrim(Partition partition)
    {
        lock (_gate)
        {
            if (_trims.Add(partition))
                Monitor.Pulse(_gate);
        }
    }

    /// <summary>The same for all partitions.</summary>
    public void RequestTrims()
    {
        lock (_gate)
        {
            _nextRetention = 0;
            Monitor.Pulse(_gate);
        }
    }

    static KafkaErrorException Closed() => new(KafkaError.NotLeaderOrFollower, "The broker is stopping.");

    void Run()
    {
        while (WaitForWork(out var trims, out var commands))
        {
            if (_round.Count > 0)
                WriteRound();
            foreach (var (action, done) in commands)
                Run(action, done);
            Guarded(_health.Heal);
            GiveBack(trims, (long)_context.Options.DrainedAfter.TotalMilliseconds);
        }
    }

    /// <summary>Whatever goes wrong with one partition, the one thread that writes goes on.</summary>
    void Guarded(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            _context.Logger.WriterFailed(e);
        }
    }

    /// <returns>False: stopped, and nothing is left to write.</returns>
    bool WaitForWork(out HashSet<Partition> trims, out List<(Action, TaskCompletionSource)> commands)
    {
        lock (_gate)
        {
            if (_queue.Count == 0 && _trims.Count == 0 && _commands.Count == 0 && !_stopping && Environment.TickCount64 < _nextRetention)
                Monitor.Wait(_gate, _later.Count > 0 || _health.HasFault ? LookMilliseconds : (int)(_nextRetention - Environment.TickCount64) + 1);
            var bytes = 0L;
            for (var appends = 0; appends < RoundAppends && bytes < RoundBytes && _queue.TryDequeue(out var append); appends++)
            {
                if (!append.TryTake())
                    continue;
                bytes += append.Batches.Length;
                if (!_round.TryGetValue(append.Partition, out var share))
                    _round[append.Partition] = share = new Share();
                share.Appends.Add(append);
            }
            commands = [.. _commands];
            _commands.Clear();
            trims = [.. _trims];
            _trims.Clear();
            return _round.Count > 0 || commands.Count > 0 || _queue.Count > 0 || !_stopping;
        }
    }

    void WriteRound()
    {
        var (now, written) = (_context.Now, 0L);
        foreach (var (partition, share) in _round)
            Attempt(partition, share, () =>
            {
                share.Bytes = partition.Admit(share.Appends, now);
                if (share.Bytes == 0)
                    return;
                _health.CheckRoom(written + share.Bytes);
                partition.Write(share.Bytes);
                written += share.Bytes;
            });
        _flushes.Clear();
        foreach (var (partition, share) in _round)
            if (share.Failure is null && share.Bytes > 0)
                _flushes.Add((partition, share));
        if (_flushes.Count > 0)
            _crew.Run(_flushes.Count, i => Attempt(_flushes[i].Partition, _flushes[i].Share, _flushes[i].Partition.Flush));
        foreach (var (partition, share) in _flushes)
            Attempt(partition, share, () => partition.Publish(now));
        foreach (var (partition, share) in _round)
        {
            Guarded(() => partition.EndRound(share.Failure is not null));
            if (share.Failure is null && share.Bytes > 0)
                _health.Written(share.Bytes);
            if (share.Failure is null && share.Bytes > 0)
                partition.RaiseAppended();
        }
        foreach (var (partition, share) in _round)
            share.Answer(partition.End);
        _round.Clear();
        _context.Files.CloseUnused();
    }

    void Attempt(Partition partition, Share share, Action step)
    {
        if (share.Failure is not null)
            return;
        try
        {
            step();
        }
        catch (Exception e)
        {
            share.Failure = _health.Explain(e, share.Bytes);
            _context.Logger.AppendFailed($"{partition.TopicName}-{partition.Index}", share.Failure.Message, e is KafkaErrorException ? null : e);
        }
    }

    void Run(Action action, TaskCompletionSource done)
    {
        try
        {
            action();
            _health.Recount(_partitions());
            done.SetResult();
        }
        catch (Exception e)
        {
            _health.Recount(_partitions());
            done.SetException(LogDisk.IsFault(e) ? LogDisk.Explain(e, _context.Options.Directory) : e);
        }
    }

    void GiveBack(HashSet<Partition> trims, long idleMilliseconds)
    {
        if (Environment.TickCount64 >= _nextLook)
        {
            trims.UnionWith(_later);
            _later.Clear();
            _nextLook = Environment.TickCount64 + LookMilliseconds;
        }
        if (Environment.TickCount64 >= _nextRetention)
        {
            trims.UnionWith(_partitions());
            _nextRetention = Environment.TickCount64 + RetentionMilliseconds;
        }
        foreach (var partition in trims)
        {
            var before = partition.Bytes;
            Guarded(() =>
            {
                if (!partition.Trim(_consumedBelow(partition), _context.Now, idleMilliseconds))
                    _later.Add(partition);
            });
            _health.Freed(before - partition.Bytes);
        }
    }

    /// <summary>Writes what has been handed in, then ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
        if (_thread.IsAlive)
            _thread.Join();
        _crew.Dispose();
    }

    /// <summary>A partition's part of a round.</summary>
    sealed class Share
    {
        public List<PendingAppend> Appends { get; } = [];
        public long Bytes { get; set; }
        public KafkaErrorException? Failure { get; set; }

        /// <param name="end">Of the partition: a duplicate of what is below it was not part of the round.</param>
        public void Answer(long end)
        {
            foreach (var append in Appends)
            {
                if (Failure is null || (append.IsDuplicate && append.BaseOffset < end))
                    append.Succeed();
                else
                    append.Fail(Failure);
            }
        }
    }
}
