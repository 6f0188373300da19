using Microsoft.Extensions.Logging;

namespace Batch.Core.Log.Local;

/// <summary>The one thread that writes: takes what has been handed in, writes it, flushes each file once, and answers everybody.</summary>
/// <remarks>
/// This is group commit without a timer: while a flush runs, others queue up and share the next; when nothing runs, an append is
/// written at once. One thread, because flushes of one disk wait for each other anyway, and because a partition that only one
/// thread writes needs no lock.
/// </remarks>
internal sealed class LogWriter : IDisposable
{
    const long RoundBytes = 32 << 20;
    const int RoundRecords = 4096;
    const int IdleMilliseconds = 1000;

    readonly LogDisk _disk;
    readonly LocalLogOptions _options;
    readonly ILogger _logger;
    readonly TimeProvider _time;
    readonly Action _appended;
    readonly Func<LocalPartition, long> _consumedBelow;
    readonly Thread _thread;
    readonly object _gate = new();
    readonly Queue<PendingAppend> _queue = new();
    readonly HashSet<LocalPartition> _trims = [];
    readonly Dictionary<LocalPartition, Share> _round = [];
    long _bytes;
    long _queuedBytes;
    bool _stopping;

    /// <param name="bytes">Bytes of all segments together.</param>
    /// <param name="appended">Called on the writer's thread when readers can see more.</param>
    /// <param name="consumedBelow">Offset that every group of the partition is past.</param>
    public LogWriter(
        LogDisk disk, LocalLogOptions options, long bytes, ILogger logger, TimeProvider time,
        Action appended, Func<LocalPartition, long> consumedBelow)
    {
        (_disk, _options, _bytes, _logger, _time) = (disk, options, bytes, logger, time);
        (_appended, _consumedBelow) = (appended, consumedBelow);
        _thread = new Thread(Run) { Name = "local log", IsBackground = true };
        _thread.Start();
    }

    public long Bytes => Volatile.Read(ref _bytes);
    public long QueuedBytes => Volatile.Read(ref _queuedBytes);

    public void Enqueue(PendingAppend append)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, typeof(LocalLog));
            _queue.Enqueue(append);
            _queuedBytes += append.Bytes;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Asks for consumed segments to be given back, soon.</summary>
    public void RequestTrim(LocalPartition partition)
    {
        lock (_gate)
        {
            if (_trims.Add(partition))
                Monitor.Pulse(_gate);
        }
    }

    public void CheckRoom(long more)
    {
        if (_options.MaxBytes > 0 && Bytes + more > _options.MaxBytes)
            throw new LogFullException($"The log in {_options.Directory} holds {Bytes} bytes and may hold {_options.MaxBytes} (MaxBytes).");
        if (_options.MinFreeBytes > 0 && _disk.FreeBytes(_options.Directory) is var free && free - more < _options.MinFreeBytes)
            throw new LogFullException(
                $"The disk of the log in {_options.Directory} has {free} bytes free; {_options.MinFreeBytes} are left untouched (MinFreeBytes).");
    }

    void Run()
    {
        var rest = new List<LocalPartition>();
        while (WaitForWork(rest.Count > 0, out var trims))
        {
            if (_round.Count > 0)
                WriteRound();
            foreach (var partition in rest)
                trims.Add(partition);
            rest.Clear();
            foreach (var partition in trims)
                if (!Trim(partition, IdleMilliseconds))
                    rest.Add(partition);
        }
        // A log that was drained leaves nothing behind when it is closed.
        foreach (var partition in rest)
            Trim(partition, 0);
    }

    /// <returns>False: stopped, and nothing is left to write.</returns>
    bool WaitForWork(bool trimLater, out HashSet<LocalPartition> trims)
    {
        lock (_gate)
        {
            if (_queue.Count == 0 && _trims.Count == 0 && !_stopping)
                Monitor.Wait(_gate, trimLater ? IdleMilliseconds / 2 : Timeout.Infinite);
            var bytes = 0L;
            for (var records = 0; records < RoundRecords && bytes < RoundBytes && _queue.TryDequeue(out var append); records++)
            {
                _queuedBytes -= append.Bytes;
                if (!append.TryTake())
                    continue;
                bytes += append.Bytes;
                if (!_round.TryGetValue(append.Partition, out var share))
                    _round[append.Partition] = share = new Share();
                share.Add(append);
            }
            trims = [.. _trims];
            _trims.Clear();
            return _round.Count > 0 || _queue.Count > 0 || !_stopping;
        }
    }

    void WriteRound()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (partition, share) in _round)
            Attempt(partition, share, () =>
            {
                CheckRoom(share.Bytes);
                partition.Write(share.Appends, share.Bytes, now);
            });
        foreach (var (partition, share) in _round)
            Attempt(partition, share, () => partition.Flush(share.Appends.Count, share.Bytes));
        foreach (var share in _round.Values)
        {
            if (share.Failure is null)
                _bytes += share.Bytes;
        }
        _appended();
        foreach (var share in _round.Values)
            share.Answer();
        _round.Clear();
    }

    void Attempt(LocalPartition partition, Share share, Action step)
    {
        if (share.Failure is not null)
            return;
        try
        {
            step();
        }
        catch (Exception e)
        {
            share.Failure = LogDisk.Explain(e, _options.Directory);
            _logger.AppendFailed(partition.Id.Topic, partition.Id.Partition, share.Failure.Message, e is LogUnavailableException ? null : e);
        }
    }

    bool Trim(LocalPartition partition, long idleMilliseconds)
    {
        var before = partition.Bytes;
        var done = partition.Trim(_consumedBelow(partition), idleMilliseconds);
        Volatile.Write(ref _bytes, _bytes + partition.Bytes - before);
        return done;
    }

    /// <summary>Writes what has been handed in, then ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
        _thread.Join();
    }

    /// <summary>A partition's part of a round.</summary>
    sealed class Share
    {
        public List<PendingAppend> Appends { get; } = [];
        public long Bytes { get; private set; }
        public LogUnavailableException? Failure { get; set; }

        public void Add(PendingAppend append)
        {
            Appends.Add(append);
            Bytes += append.Bytes;
        }

        public void Answer()
        {
            foreach (var append in Appends)
            {
                if (Failure is null)
                    append.Succeed();
                else
                    append.Fail(Failure);
            }
        }
    }
}
