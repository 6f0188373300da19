namespace Batch.EmbeddedKafka.Storage;

/// <summary>Flushes the files of a round at the same time: one commit of the file system's journal then serves all of them.</summary>
/// <remarks>One after the other, eight small files cost eight commits; on ext4 that takes about eight times as long.</remarks>
internal sealed class FlushCrew : IDisposable
{
    /// <summary>Beside the thread that calls. They only wait for the disk.</summary>
    const int Threads = 7;

    readonly object _gate = new();
    readonly List<Thread> _threads = [];
    Action<int>? _step;
    int _next;
    int _count;
    int _running;
    bool _stopping;

    /// <summary>Runs the step for 0 to <paramref name="count"/> - 1, on several threads, and returns when all are done.</summary>
    /// <param name="step">Must not throw.</param>
    public void Run(int count, Action<int> step)
    {
        if (count == 1)
        {
            step(0);
            return;
        }
        lock (_gate)
        {
            while (_threads.Count < Math.Min(Threads, count - 1) && TryStart())
            {
            }
            (_step, _next, _count) = (step, 0, count);
            Monitor.PulseAll(_gate);
        }
        while (TryTake(out var i))
        {
            step(i);
            Done();
        }
        lock (_gate)
        {
            while (_running > 0)
                Monitor.Wait(_gate);
            _step = null;
        }
    }

    /// <returns>False: the system has no thread to give; those that there are do it.</returns>
    bool TryStart()
    {
        var thread = new Thread(Work) { Name = "log flush", IsBackground = true };
        try
        {
            thread.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
        _threads.Add(thread);
        return true;
    }

    bool TryTake(out int index)
    {
        lock (_gate)
        {
            index = _next;
            if (_next == _count)
                return false;
            _next++;
            _running++;
            return true;
        }
    }

    void Done()
    {
        lock (_gate)
        {
            if (--_running == 0)
                Monitor.PulseAll(_gate);
        }
    }

    void Work()
    {
        while (true)
        {
            lock (_gate)
            {
                while (!_stopping && _next == _count)
                    Monitor.Wait(_gate);
                if (_stopping)
                    return;
            }
            while (TryTake(out var i))
            {
                _step!(i);
                Done();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }
        foreach (var thread in _threads)
            thread.Join();
    }
}
