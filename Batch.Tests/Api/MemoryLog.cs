using System.Collections.Concurrent;
using Batch.Core.Log;

namespace Batch.Tests.Api;

/// <summary>A log that keeps what is appended and can be made to fail. Nobody reads from it but the test.</summary>
internal sealed class MemoryLog : ILog
{
    readonly ConcurrentDictionary<string, int> _topics = new();
    int _appends;
    int _underWay;

    /// <summary>Thrown by every call while it is set.</summary>
    public volatile Exception? Down;

    /// <summary>Appends after this many fail with <see cref="AppendFault"/>; null: none.</summary>
    public int? FailAfter { get; set; }

    /// <summary>What fails is in the log all the same.</summary>
    public bool KeepsFailed { get; set; }

    public Exception AppendFault { get; set; } = new LogUnavailableException("The test says so.");

    /// <summary>Awaited before an append is acknowledged.</summary>
    public Func<Task>? BeforeAppend { get; set; }

    public int MostUnderWay { get; private set; }

    public ConcurrentQueue<LogRecord> Records { get; } = new();

    public int MaxRecordBytes { get; set; } = 64 << 20;

    /// <summary>Off: what is appended is acknowledged and forgotten.</summary>
    public bool KeepsRecords { get; set; } = true;

    public Task EnsureTopicAsync(string topic, int partitions, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        _topics[topic] = partitions;
        return Task.CompletedTask;
    }

    public int PartitionCount(string topic) => _topics[topic];

    public async Task<LogPosition> AppendAsync(
        string topic, int partition, IReadOnlyList<LogHeader> headers, ReadOnlyMemory<byte> value, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        MostUnderWay = Math.Max(MostUnderWay, Interlocked.Increment(ref _underWay));
        try
        {
            if (BeforeAppend is { } wait)
                await wait();
            var number = Interlocked.Increment(ref _appends);
            var position = new LogPosition(topic, partition, number);
            if (KeepsRecords && (KeepsFailed || !(number > FailAfter)))
                Records.Enqueue(new LogRecord(position, headers, value.ToArray(), DateTimeOffset.UtcNow, owner: null));
            if (number > FailAfter)
                throw AppendFault;
            return position;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    public ILogConsumer Join(string group, IReadOnlyList<string> topics) => throw new NotSupportedException();

    /// <summary>What it says of its partitions, of every group.</summary>
    public IReadOnlyList<PartitionLag> Lags { get; set; } = [];

    public Task<IReadOnlyList<PartitionLag>> LagAsync(string group, string topic, CancellationToken cancellationToken)
    {
        ThrowIfDown();
        return Task.FromResult<IReadOnlyList<PartitionLag>>([.. Lags.Where(lag => lag.Partition.Topic == topic)]);
    }

    /// <summary>When the oldest record that waits was appended.</summary>
    public DateTimeOffset? Oldest { get; set; }

    public int? Members { get; set; }

    public Task<DateTimeOffset?> OldestAsync(IReadOnlyList<PartitionLag> lags, CancellationToken cancellationToken) =>
        Task.FromResult(lags.Any(lag => lag.Behind > 0) ? Oldest : null);

    public Task<int?> MembersAsync(string group, CancellationToken cancellationToken) => Task.FromResult(Members);

    public Task CheckAsync(CancellationToken cancellationToken)
    {
        ThrowIfDown();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => default;

    void ThrowIfDown()
    {
        if (Down is { } fault)
            throw fault;
    }
}
