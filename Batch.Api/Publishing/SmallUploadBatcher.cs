using System.Buffers;
using System.Diagnostics;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Csv;

namespace Batch.Api.Publishing;

/// <summary>Group commit for small uploads: simultaneous ones into one model share a record of the log.</summary>
/// <remarks>
/// A record is loaded with one insert, and an insert costs ClickHouse about the same for a hundred rows as for ten thousand.
/// Chunks are grouped here and not by the workers because a record never changes: after a crash another worker
/// inserts the same rows under the same deduplication token. A lone upload is appended at once; after a few in a row, records are paced,
/// and uploads that arrived meanwhile go together.
/// </remarks>
internal sealed class SmallUploadBatcher(ILog log)
{
    internal const int MaxChunks = 64;
    // More records of fewer uploads make fewer small jobs a second: 25 and 40 were slower.
    const double PerSecond = 16;
    const double Burst = 2;
    /// <summary>Number of queues at which idle ones are removed.</summary>
    const int FirstSweep = 100;

    readonly int _maxBytes = Math.Min(SmallChunk.SharedRecordBytes, log.MaxRecordBytes);
    readonly Dictionary<BatchKey, BatchQueue> _lanes = [];
    int _sweepAt = FirstSweep;

    /// <summary>Returns once the log has acknowledged the chunk.</summary>
    /// <param name="partition">The topic, and the partition to use if the chunk is the first of its record.</param>
    /// <param name="bytes">Must not change until the task has completed.</param>
    /// <exception cref="LogUnavailableException">The append failed.</exception>
    public Task AppendAsync(LogPartition partition, ChunkHeader header, ReadOnlyMemory<byte> bytes, ActivityContext trace)
    {
        var waiting = new Waiting(partition, header, bytes, trace, ChunkHeaderCodec.Encode(
            header with { Format = ChunkHeaderCodec.SeveralChunks, Bytes = bytes.Length }, trace));
        lock (_lanes)
        {
            var lane = LaneOf(BatchKey.Of(partition.Topic, header));
            lane.Queue.Enqueue(waiting);
            if (!lane.IsRunning)
            {
                lane.IsRunning = true;
                // It outlives the request that starts it, and must not be part of its trace.
                using (ExecutionContext.SuppressFlow())
                    _ = Task.Run(() => RunAsync(lane), CancellationToken.None);
            }
        }
        return waiting.Done.Task;
    }

    BatchQueue LaneOf(BatchKey fit)
    {
        if (_lanes.TryGetValue(fit, out var lane))
            return lane;
        if (_lanes.Count >= _sweepAt)
        {
            foreach (var (idle, _) in _lanes.Where(pair => !pair.Value.IsRunning && pair.Value.TokenBucket.IsRested).ToList())
                _lanes.Remove(idle);
            _sweepAt = Math.Max(FirstSweep, 2 * _lanes.Count);
        }
        _lanes.Add(fit, lane = new BatchQueue());
        return lane;
    }

    async Task RunAsync(BatchQueue lane)
    {
        var group = new List<Waiting>();
        do
        {
            // Not when there is nothing to append: a token spent here would be missing for the next upload.
            await lane.TokenBucket.KeepAsync(CancellationToken.None);
            TakeInto(group, lane);
            await AppendAsync(group);
        }
        while (GoesOn(lane));
    }

    bool GoesOn(BatchQueue lane)
    {
        lock (_lanes)
            return lane.IsRunning = lane.Queue.Count > 0;
    }

    void TakeInto(List<Waiting> group, BatchQueue lane)
    {
        group.Clear();
        var bytes = 0;
        lock (_lanes)
        {
            while (group.Count < MaxChunks && lane.Queue.TryPeek(out var next) && (group.Count == 0 || bytes + next.Size <= _maxBytes))
            {
                group.Add(lane.Queue.Dequeue());
                bytes += next.Size;
            }
        }
    }

    async Task AppendAsync(List<Waiting> group)
    {
        var length = group.Sum(waiting => waiting.Bytes.Length);
        var value = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var headers = new List<LogHeader>();
            var offset = 0;
            foreach (var waiting in group)
            {
                headers.AddRange(group.Count > 1 ? waiting.Headers : ChunkHeaderCodec.Encode(waiting.Header, waiting.Trace));
                waiting.Bytes.CopyTo(value.AsMemory(offset));
                offset += waiting.Bytes.Length;
            }
            var (topic, partition) = group[0].Partition;
            await log.AppendAsync(topic, partition, headers, value.AsMemory(0, length), CancellationToken.None);
            foreach (var waiting in group)
                waiting.Done.SetResult();
        }
        // Whatever the fault, every waiting upload must be released.
        catch (Exception exception)
        {
            foreach (var waiting in group)
                waiting.Done.TrySetException(exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value);
        }
    }

    /// <summary>What chunks must have in common to be validated and inserted as one.</summary>
    readonly record struct BatchKey(string Topic, string TenantId, string ModelId, int ModelVersion, CsvDialect Dialect, bool PadShortRows, string HeaderLine, string Mapping)
    {
        public static BatchKey Of(string topic, ChunkHeader header) => new(
            topic, header.TenantId, header.ModelId, header.ModelVersion, header.Dialect, header.PadShortRows == true,
            Convert.ToBase64String(header.HeaderLine ?? header.Job?.HeaderLine ?? []), string.Join(',', header.Mapping));
    }

    sealed class BatchQueue
    {
        public Queue<Waiting> Queue { get; } = new();
        public bool IsRunning { get; set; }
        public TokenBucket TokenBucket { get; } = new(PerSecond, Burst);
    }

    /// <param name="Headers">The headers of a chunk that shares its record.</param>
    sealed record Waiting(
        LogPartition Partition, ChunkHeader Header, ReadOnlyMemory<byte> Bytes, ActivityContext Trace, IReadOnlyList<LogHeader> Headers)
    {
        /// <summary>In bytes, including headers.</summary>
        public int Size { get; } = Bytes.Length + Headers.Sum(header => header.Value.Length);
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
