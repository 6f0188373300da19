namespace Batch.Core.Log;

/// <summary>A partitioned, durable, at-least-once log: Kafka's guarantees, and no more than Batch needs of them.</summary>
/// <remarks>
/// <c>KafkaLog</c> is the only implementation: Kafka's protocol everywhere, without containers to the embedded broker.
/// The interface is the seam for an in-memory log in tests; one contract suite defines its promises and runs against every broker.
/// </remarks>
public interface ILog : IAsyncDisposable
{
    /// <summary>Creates the topic if it is missing and checks that it accepts records of <see cref="MaxRecordBytes"/>.</summary>
    /// <remarks>Cheap for a topic that was fine when last used or checked; one that was deleted since is created again.</remarks>
    /// <exception cref="LogUnavailableException">The log cannot be reached.</exception>
    Task EnsureTopicAsync(string topic, int partitions, CancellationToken cancellationToken);

    /// <summary>Largest value of a record, in bytes.</summary>
    int MaxRecordBytes { get; }

    /// <summary>Number of partitions of a topic that <see cref="EnsureTopicAsync"/> has seen.</summary>
    int PartitionCount(string topic);

    /// <summary>Appends one record; completes once the log has acknowledged it (fsync; acks=all).</summary>
    /// <remarks>The value may be reused once the task has ended.</remarks>
    /// <exception cref="LogUnavailableException">The log cannot be reached, or did not answer in time.</exception>
    /// <exception cref="LogFullException">There is no room on the log's disk.</exception>
    Task<LogPosition> AppendAsync(
        string topic, int partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, CancellationToken cancellationToken);

    /// <summary>Joins a consumer group as one more member; the group's members share the partitions of its topics.</summary>
    /// <remarks>A group that is new to a topic starts at its oldest record.</remarks>
    /// <exception cref="ArgumentException"><see cref="EnsureTopicAsync"/> has not seen one of the topics.</exception>
    ILogConsumer Join(string group, IReadOnlyList<string> topics);

    /// <summary>Where each partition of a topic begins and ends, and how far the group has committed it.</summary>
    Task<IReadOnlyList<PartitionLag>> LagAsync(string group, string topic, CancellationToken cancellationToken);

    /// <summary>When the oldest of the records that wait was appended; null where none waits.</summary>
    /// <param name="lags">As <see cref="LagAsync"/> has found them.</param>
    /// <exception cref="LogUnavailableException">The log did not say.</exception>
    Task<DateTimeOffset?> OldestAsync(IReadOnlyList<PartitionLag> lags, CancellationToken cancellationToken);

    /// <summary>How many members the group has; null where the log does not say.</summary>
    Task<int?> MembersAsync(string group, CancellationToken cancellationToken);

    /// <summary>Returns when the log answers and all is well with the topics that were ensured and the consumers that have joined.</summary>
    /// <exception cref="LogUnavailableException">It does not; the message says why.</exception>
    Task CheckAsync(CancellationToken cancellationToken);
}

/// <summary>One member of a consumer group. Not for concurrent reads; commits, pauses and resumes may come from any thread.</summary>
public interface ILogConsumer : IAsyncDisposable
{
    /// <summary>
    /// The next record of the assigned partitions that are not paused; waits for one. Topics that stand earlier in the list given
    /// to <see cref="ILog.Join"/> are served first. A faulty log is waited for, not thrown.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The consumer, or its log, was disposed meanwhile.</exception>
    ValueTask<LogRecord> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Says that this record and all before it in its partition are done. A commit for a partition lost meanwhile is ignored.</summary>
    /// <remarks>Ends once the commit is durable; repeats one that fails for as long as the partition is held, and does not throw for it.</remarks>
    Task CommitAsync(LogPosition position, CancellationToken cancellationToken);

    void Pause(LogPartition partition);
    void Resume(LogPartition partition);

    /// <summary>Raised, from within a read, when partitions were taken away: records of them still in hand will be redelivered elsewhere.</summary>
    event Action<IReadOnlyList<LogPartition>>? Revoked;
}

public readonly record struct LogPartition(string Topic, int Partition);

/// <summary>Where a record stands in the log.</summary>
public readonly record struct LogPosition(string Topic, int Partition, long Offset)
{
    public LogPartition Source => new(Topic, Partition);
}

public readonly record struct LogHeader(string Key, ReadOnlyMemory<byte> Value);

/// <param name="Start">Offset of the oldest record that is still there.</param>
/// <param name="End">Offset that the next record gets: all that was appended before the question stands below it.</param>
/// <param name="Committed">Offset up to which the group is done; null where it has committed nothing.</param>
public readonly record struct PartitionLag(LogPartition Partition, long Start, long End, long? Committed)
{
    /// <summary>Offset below which nothing is left for the group to read: done, or gone.</summary>
    public long Passed => Math.Max(Committed ?? 0, Start);

    /// <summary>Records appended, still there and not yet committed.</summary>
    public long Behind => Math.Max(0, End - Passed);
}

/// <summary>A record as it was appended. Its memory is the reader's until it is disposed.</summary>
public sealed class LogRecord(
    LogPosition position, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, DateTimeOffset appendedAt, IDisposable? owner,
    bool isNew = false) : IDisposable
{
    /// <summary>Appended since its partition came to this consumer, so that no other has had it in hand. False where that is not known.</summary>
    public bool IsNew { get; } = isNew;

    public LogPosition Position { get; } = position;
    public IReadOnlyList<LogHeader> Headers { get; } = headers;
    public ReadOnlyMemory<byte> Value { get; } = value;
    public DateTimeOffset AppendedAt { get; } = appendedAt;

    public ReadOnlyMemory<byte>? Header(string key)
    {
        foreach (var header in Headers)
            if (header.Key == key)
                return header.Value;
        return null;
    }

    public void Dispose() => owner?.Dispose();
}

/// <summary>The log cannot be reached now; the same call may succeed later.</summary>
public class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>There is no room on the log's disk; heals when there is.</summary>
public sealed class LogFullException(string message, Exception? inner = null) : LogUnavailableException(message, inner);
