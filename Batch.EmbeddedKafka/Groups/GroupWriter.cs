using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>The one thread that writes groups' files: takes what has been handed in, writes and flushes each file once, and answers everybody.</summary>
/// <remarks>
/// Group commit without a timer: while a flush runs, others queue up and share the next. One thread, because flushes of one disk wait
/// for each other anyway, and because a file that only one thread writes needs no lock.
/// </remarks>
internal sealed class GroupWriter : IDisposable
{
    const int RoundWrites = 4096;

    readonly object _gate = new();
    readonly Queue<GroupWrite> _queue = new();
    readonly Action<string, int> _advanced;
    readonly ILogger _logger;
    readonly Thread _thread;
    readonly HashSet<GroupFile> _failing = [];
    bool _stopping;

    /// <param name="advanced">Topic and partition of which a group's offset changed; called on the writer's thread.</param>
    public GroupWriter(Action<string, int> advanced, ILogger logger)
    {
        (_advanced, _logger) = (advanced, logger);
        _thread = new Thread(Run) { Name = "groups", IsBackground = true };
        _thread.Start();
    }

    public void Enqueue(GroupWrite write)
    {
        lock (_gate)
        {
            if (!_stopping)
            {
                _queue.Enqueue(write);
                Monitor.Pulse(_gate);
                return;
            }
        }
        write.Done(new ObjectDisposedException(nameof(GroupWriter)));
    }

    void Run()
    {
        var round = new List<GroupWrite>();
        while (WaitForWork(round))
        {
            foreach (var writes in round.GroupBy(write => write.File))
                Write(writes.Key, [.. writes]);
            foreach (var (topic, partition) in round.SelectMany(write => write.Advanced).Distinct())
                Attempt(() => _advanced(topic, partition));
            round.Clear();
        }
    }

    /// <returns>False: stopped, and nothing is left to write.</returns>
    bool WaitForWork(List<GroupWrite> round)
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_stopping)
                Monitor.Wait(_gate);
            while (round.Count < RoundWrites && _queue.TryDequeue(out var write))
                round.Add(write);
            return round.Count > 0;
        }
    }

    void Write(GroupFile file, List<GroupWrite> writes)
    {
        Exception? failure = null;
        try
        {
            var records = writes.Where(write => write.Record is not null).Select(write => write.Record!).ToArray();
            // A deletion is the last that a file is asked for.
            if (writes[^1].Record is null)
                file.Delete();
            else
                file.Write(records, writes[0].Snapshot);
            if (_failing.Remove(file))
                _logger.WritesAgain(file.Path);
        }
        catch (Exception e)
        {
            failure = e;
            // Clients repeat their commits: one line for all of them.
            if (_failing.Add(file))
                _logger.WriteFailed(file.Path, e);
        }
        foreach (var write in writes)
            Attempt(() => write.Done(failure));
    }

    void Attempt(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            // The thread answers all other groups too.
            _logger.UnexpectedFault(e);
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
        _thread.Join();
    }
}
