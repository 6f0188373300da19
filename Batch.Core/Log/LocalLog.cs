using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.RegularExpressions;
using Batch.Core.Log.Local;
using Microsoft.Extensions.Logging;

namespace Batch.Core.Log;

/// <summary>A durable log on the disk of ONE machine, owned by ONE process: for trying Batch, laptops and CI. Its consumers live in that process.</summary>
/// <remarks>
/// The idea: a folder per partition, in it segment files of checksummed frames, to which one thread appends and flushes before it
/// answers; readers read what is flushed straight from the page cache; positions of groups are a small file each.
/// <code>
/// DIR/lock, DIR/owner                                  held by the process that owns the log
/// DIR/topics/TOPIC/PARTITION/00000000000000000017.log  a segment, named by its first offset
/// DIR/groups/GROUP.positions                           how far the group has committed
/// </code>
/// The invariants: an acknowledged record is on disk; an offset is never given twice; a record stays until every group that ever
/// joined has committed it (to forget a group, delete its file while the log is closed). What holds them: <see cref="LogWriter"/> (group
/// commit), <see cref="LocalPartition"/> (recovery, giving room back), <see cref="LocalGroup"/> (sharing, commits), <see cref="RecordFrame"/>
/// (bytes). To extend: a new frame layout gets a new mark, which older code then reports as damage instead of misreading it.
/// </remarks>
public sealed partial class LocalLog : ILog
{
    readonly LocalLogOptions _options;
    readonly LogDisk _disk;
    readonly ILogger _logger;
    readonly TimeProvider _time;
    readonly FileStream _lock;
    readonly LogRecordPool _pool;
    readonly LogWriter _writer;
    readonly IDisposable _lagMetric;
    readonly IDisposable _queueMetric;
    readonly Lock _gate = new();
    readonly ConcurrentDictionary<string, LocalPartition[]> _topics = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, LocalGroup> _groups = new(StringComparer.Ordinal);
    volatile LocalConsumer[] _consumers = [];
    bool _disposed;

    LocalLog(LocalLogOptions options, LogDisk disk, ILogger logger, TimeProvider time, FileStream @lock)
    {
        (_options, _disk, _logger, _time, _lock) = (options, disk, logger, time, @lock);
        _pool = new LogRecordPool(options.MaxRecordBytes);
        Directory.CreateDirectory(TopicsFolder);
        Directory.CreateDirectory(GroupsFolder);
        LogDisk.FlushDirectory(options.Directory);
        foreach (var group in GroupPositions.GroupsIn(GroupsFolder))
            _groups[group] = NewGroup(group);
        foreach (var folder in Directory.EnumerateDirectories(TopicsFolder))
            OpenTopic(Path.GetFileName(folder), 0);
        var bytes = _topics.Values.SelectMany(partitions => partitions).Sum(partition => partition.Bytes);
        _writer = new LogWriter(disk, options, bytes, logger, time, WakeConsumers, ConsumedBelow);
        foreach (var partition in _topics.Values.SelectMany(partitions => partitions))
            _writer.RequestTrim(partition);
        _lagMetric = LogMetrics.ObserveLag(MeasureLag);
        _queueMetric = LogMetrics.ObserveQueue(() => [LogMetrics.MeasureQueue(_writer.QueuedBytes, "append")]);
        _logger.Opened(options.Directory, _topics.Values.Sum(partitions => partitions.Length), bytes);
    }

    /// <summary>Opens the log, cutting what a crash left unfinished.</summary>
    /// <exception cref="LogUnavailableException">Another process owns it, or its disk cannot be used; the message says which.</exception>
    public static LocalLog Open(LocalLogOptions options, ILogger<LocalLog> logger, TimeProvider? time = null) =>
        Open(options, new LogDisk(), logger, time);

    internal static LocalLog Open(LocalLogOptions options, LogDisk disk, ILogger<LocalLog> logger, TimeProvider? time = null)
    {
        var @lock = LogLock.Take(options.Directory);
        try
        {
            return new LocalLog(options, disk, logger, time ?? TimeProvider.System, @lock);
        }
        catch (Exception e)
        {
            @lock.Dispose();
            if (LogDisk.IsFault(e))
                throw LogDisk.Explain(e, options.Directory);
            throw;
        }
    }

    public int MaxRecordBytes => _options.MaxRecordBytes;

    string TopicsFolder => Path.Combine(_options.Directory, "topics");
    string GroupsFolder => Path.Combine(_options.Directory, "groups");

    /// <inheritdoc/>
    /// <remarks>A topic may get more partitions, never fewer.</remarks>
    public Task EnsureTopicAsync(string topic, int partitions, CancellationToken cancellationToken)
    {
        CheckName(topic);
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_topics.TryGetValue(topic, out var present) && present.Length >= partitions)
                return Task.CompletedTask;
            try
            {
                OpenTopic(topic, partitions);
            }
            catch (Exception e) when (LogDisk.IsFault(e))
            {
                throw LogDisk.Explain(e, _options.Directory);
            }
        }
        foreach (var group in _groups.Values)
            group.TopicGrown();
        return Task.CompletedTask;
    }

    void OpenTopic(string topic, int atLeast)
    {
        var folder = Path.Combine(TopicsFolder, topic);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            LogDisk.FlushDirectory(TopicsFolder);
        }
        var present = _topics.GetValueOrDefault(topic) ?? [];
        var onDisk = Directory.EnumerateDirectories(folder).Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture) + 1);
        var partitions = new LocalPartition[onDisk.Append(atLeast).Max()];
        present.CopyTo(partitions, 0);
        for (var i = present.Length; i < partitions.Length; i++)
        {
            var id = new LogPartition(topic, i);
            var committed = _groups.Values.Select(group => group.Committed(id) ?? 0).DefaultIfEmpty().Max();
            partitions[i] = LocalPartition.Open(
                id, Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture)), _disk, _options.SegmentBytes, committed, _logger);
        }
        _topics[topic] = partitions;
    }

    public int PartitionCount(string topic) => PartitionsOf(topic).Length;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The value is larger than <see cref="MaxRecordBytes"/>, or there is no such partition.</exception>
    public async Task<LogPosition> AppendAsync(
        string topic, int partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        var partitions = PartitionsOf(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)partition, (uint)partitions.Length, nameof(partition));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, MaxRecordBytes, nameof(value));
        cancellationToken.ThrowIfCancellationRequested();
        var started = _time.GetTimestamp();
        var append = new PendingAppend(partitions[partition], headers, value);
        append.CancelBy(cancellationToken);
        _writer.Enqueue(append);
        var position = await append.Done.ConfigureAwait(false);
        LogMetrics.Appended(position.Source, value.Length, _time.GetElapsedTime(started));
        return position;
    }

    public ILogConsumer Join(string group, IReadOnlyList<string> topics)
    {
        CheckName(group);
        foreach (var topic in topics)
            PartitionsOf(topic);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var consumer = new LocalConsumer(_groups.GetOrAdd(group, NewGroup), topics, _pool, _logger, Forget);
            _consumers = [.. _consumers, consumer];
            return consumer;
        }
    }

    void Forget(LocalConsumer consumer)
    {
        lock (_gate)
            _consumers = [.. _consumers.Where(other => other != consumer)];
    }

    public Task<IReadOnlyList<PartitionLag>> LagAsync(string group, string topic, CancellationToken cancellationToken)
    {
        var known = _groups.GetValueOrDefault(group);
        return Task.FromResult<IReadOnlyList<PartitionLag>>(
            [.. PartitionsOf(topic).Select(partition => LagOf(known, partition))]);
    }

    static PartitionLag LagOf(LocalGroup? group, LocalPartition partition) =>
        new(partition.Id, partition.Start, partition.End, group?.Committed(partition.Id));

    IEnumerable<Measurement<long>> MeasureLag()
    {
        foreach (var group in _groups.Values)
            foreach (var id in group.Partitions())
                if (_topics.TryGetValue(id.Topic, out var partitions) && id.Partition < partitions.Length)
                    yield return LogMetrics.Measure(LagOf(group, partitions[id.Partition]).Behind, id, group.Name);
    }

    /// <inheritdoc/>
    /// <exception cref="LogFullException">There is no room: appends would be refused.</exception>
    public Task CheckAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        try
        {
            _writer.CheckRoom(0);
            _disk.Flush(_lock.SafeFileHandle);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            throw LogDisk.Explain(e, _options.Directory);
        }
        return Task.CompletedTask;
    }

    LocalGroup NewGroup(string name) => new(name, GroupsFolder, _disk, PartitionsOf, partition => _writer!.RequestTrim(partition), _logger);

    LocalPartition[] PartitionsOf(string topic) =>
        _topics.TryGetValue(topic, out var partitions)
            ? partitions
            : throw new ArgumentException($"The log has no topic '{topic}': {nameof(EnsureTopicAsync)} makes it.", nameof(topic));

    void WakeConsumers()
    {
        foreach (var consumer in _consumers)
            consumer.Wake();
    }

    /// <summary>The offset that every group of this topic is past; 0 where no group has joined yet, so that everything is kept for the first.</summary>
    long ConsumedBelow(LocalPartition partition)
    {
        var least = long.MaxValue;
        foreach (var group in _groups.Values)
            if (group.Committed(partition.Id) is { } committed)
                least = Math.Min(least, committed);
        return least == long.MaxValue ? 0 : least;
    }

    /// <summary>Appends under way are still written; reads end with <see cref="ObjectDisposedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        _lagMetric.Dispose();
        _queueMetric.Dispose();
        foreach (var consumer in _consumers)
            await consumer.DisposeAsync();
        _writer.Dispose();
        foreach (var group in _groups.Values)
            await group.CloseAsync();
        foreach (var partition in _topics.Values.SelectMany(partitions => partitions))
            partition.Dispose();
        await _lock.DisposeAsync();
    }

    /// <summary>Names become file names; Kafka allows a topic these very characters.</summary>
    static void CheckName(string name)
    {
        if (!NamePattern().IsMatch(name) || name is "." or "..")
            throw new ArgumentException($"'{name}' is no name for a topic or group: letters, digits, '.', '_' and '-', at most 200.", nameof(name));
    }

    [GeneratedRegex(@"^[a-zA-Z0-9._-]{1,200}\z")]
    private static partial Regex NamePattern();
}
