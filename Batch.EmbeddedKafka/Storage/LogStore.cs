using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Batch.EmbeddedKafka.Storage.Upgrade;
using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>The durable log of one broker on the disk of one machine, owned by one process.</summary>
/// <remarks>
/// The idea: a folder per partition, in it segment files of record batches as their producers sent them, to which one thread appends
/// and flushes before it answers; readers read what is flushed straight from the page cache.
/// <code>
/// DIR/lock, DIR/owner                               held by the process that owns the log
/// DIR/format                                        the layout, 2
/// DIR/producer-ids                                  producer ids below this may have been given
/// DIR/log/TOPIC/topic                               its id, partitions and settings
/// DIR/log/TOPIC/PARTITION/00000000000000000017.log  a segment, named by its first offset
/// DIR/log/TOPIC/PARTITION/start                     where records were deleted: offset of the first that counts
/// DIR/log/TOPIC/PARTITION/producers                 sequences of producers whose segments are freed
/// DIR/staging                                       topics that are not yet, or no longer
/// </code>
/// The invariants: an acknowledged batch is on disk; an offset is never given twice; what a producer sends again is stored once.
/// What holds them: <see cref="LogWriter"/> (group commit), <see cref="Partition"/> (recovery, giving room back),
/// <see cref="ProducerStates"/> (sequences), <see cref="StorageHealth"/> (a full disk).
/// </remarks>
public sealed partial class LogStore : IAsyncDisposable
{
    const int MaxPartitions = 10_000;
    const string StagingFolder = "staging";

    readonly StoreContext _context;
    readonly FileStream _lock;
    readonly StorageHealth _health;
    readonly ProducerIds _producerIds;
    readonly Lock _gate = new();
    readonly ConcurrentDictionary<string, Topic> _topics = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<Guid, Topic> _ids = new();
    volatile Func<string, int, long?>? _consumedBelow;
    int _disposed;

    LogStore(StoreContext context, FileStream @lock)
    {
        (_context, _lock) = (context, @lock);
        StoreFormat.Ensure(context);
        _health = new StorageHealth(context);
        _producerIds = new ProducerIds(context.Disk, Directory, context.Time, context.Logger);
        context.Writer = new LogWriter(context, _health, AllPartitions, ConsumedBelowOf);
        System.IO.Directory.CreateDirectory(Staging);
        context.Disk.FlushFolder(Directory);
        foreach (var left in System.IO.Directory.EnumerateDirectories(Staging))
            Remove(left);
        foreach (var folder in System.IO.Directory.EnumerateDirectories(TopicsFolder))
            OpenTopic(folder);
        _health.Recount(AllPartitions());
        context.Logger.Opened(Directory, _topics.Count, AllPartitions().Count(), _health.Bytes);
    }

    /// <summary>Opens the log, cutting what a crash left unfinished.</summary>
    /// <exception cref="StorageException">Another process owns the folder, or it cannot be used; the message says which.</exception>
    public static LogStore Open(StoreOptions options, ILoggerFactory logging, TimeProvider? time = null) =>
        Open(options, new LogDisk(), logging, time);

    internal static LogStore Open(StoreOptions options, LogDisk disk, ILoggerFactory logging, TimeProvider? time = null)
    {
        var @lock = StoreLock.Take(options.Directory);
        try
        {
            var context = new StoreContext(options, disk, logging.CreateLogger<LogStore>(), time ?? TimeProvider.System);
            var store = new LogStore(context, @lock);
            context.Writer.Start();
            return store;
        }
        catch (Exception e)
        {
            @lock.Dispose();
            if (LogDisk.IsFault(e))
                throw new StorageException($"The log in {options.Directory} cannot be opened: {e.Message}", e);
            throw;
        }
    }

    public string Directory => _context.Options.Directory;

    public IReadOnlyCollection<Topic> Topics => [.. _topics.Values];

    public Topic? Find(string name) => _topics.GetValueOrDefault(name);

    public Topic? Find(Guid id) => _ids.GetValueOrDefault(id);

    /// <summary>Null, or why appends are refused now: a sentence with the folder and figures.</summary>
    public string? StorageError => _health.Error;

    /// <summary>
    /// Of a topic and a partition: the offset that every group with a committed one is past; null where no group has one. Segments
    /// below it are freed. Asked on the writer's thread: it must not wait for the store.
    /// </summary>
    public Func<string, int, long?>? ConsumedBelow
    {
        get => _consumedBelow;
        set
        {
            _consumedBelow = value;
            _context.Writer.RequestTrims();
        }
    }

    /// <summary>A hint that <see cref="ConsumedBelow"/> has moved: segments may be freed.</summary>
    public void ConsumedAdvanced(string topic, int partition)
    {
        if (Find(topic) is { } known && partition >= 0 && partition < known.Partitions.Count)
            _context.Writer.RequestTrim(known.Partitions[partition]);
    }

    /// <summary>A producer id that has never been given.</summary>
    /// <exception cref="KafkaErrorException">KafkaStorageError.</exception>
    public long NextProducerId()
    {
        try
        {
            return _producerIds.Next();
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            throw LogDisk.Explain(e, Directory);
        }
    }

    string TopicsFolder => Path.Combine(Directory, StoreFormat.LogFolder);
    string Staging => Path.Combine(Directory, StagingFolder);

    IEnumerable<Partition> AllPartitions() => _topics.Values.SelectMany(topic => topic.Partitions);

    long? ConsumedBelowOf(Partition partition) => _consumedBelow?.Invoke(partition.TopicName, partition.Index);

    /// <summary>Appends under way are still written; later ones are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _context.Writer.Dispose();
        foreach (var partition in AllPartitions())
            partition.Close(deleted: false);
        await _lock.DisposeAsync();
    }

    /// <summary>Kafka's rule; the characters are those that a file's name may have everywhere.</summary>
    [GeneratedRegex(@"^[a-zA-Z0-9._-]{1,249}\z")]
    private static partial Regex NamePattern();
}
