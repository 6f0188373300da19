using Batch.Primitives;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Groups;

/// <summary>The one thread that writes groups' files: takes what has been handed in, writes and flushes each file once, and answers everybody.</summary>
/// <remarks>
/// One thread, because flushes of one disk wait for each other anyway, and because a file that only one thread writes needs no lock.
/// </remarks>
internal sealed class GroupWriter : IDisposable
{
    const int RoundWrites = 4096;

    readonly Action<string, int> _advanced;
    readonly ILogger _logger;
    readonly GroupCommitThread<GroupWrite> _thread;
    readonly HashSet<GroupFile> _failing = [];

    /// <param name="advanced">Topic and partition of which a group's offset changed; called on the writer's thread.</param>
    public GroupWriter(Action<string, int> advanced, ILogger logger)
    {
        (_advanced, _logger) = (advanced, logger);
        _thread = new("groups", RoundWrites, WriteRound);
    }

    public void Enqueue(GroupWrite write)
    {
        if (!_thread.TryAdd(write))
            write.Done(new ObjectDisposedException(nameof(GroupWriter)));
    }

    void WriteRound(IReadOnlyList<GroupWrite> round)
    {
        foreach (var writes in round.GroupBy(write => write.File))
            Write(writes.Key, [.. writes]);
        foreach (var (topic, partition) in round.SelectMany(write => write.Advanced).Distinct())
            Attempt(() => _advanced(topic, partition));
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
    public void Dispose() => _thread.StopAsync().Wait();
}
