using System.Buffers;
using System.Diagnostics;
using Batch.Core.Chunks;
using Batch.Core.ClickHouse;
using Batch.Core.Log;
using Batch.Csv;
using Batch.Csv.Dialects;
using Batch.Primitives;

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
    readonly Dictionary<BatchKey, BatchQueue> _queues = [];
    int _sweepAt = FirstSweep;

    /// <summary>Returns once the log has acknowledged the chunk.</summary>
    /// <param name="partition">The topic, and the partition to use if the chunk is the first of its record.</param>
    /// <param name="bytes">Must not change until the task has completed.</param>
    /// <exception cref="LogUnavailableException">The append failed.</exception>
    public Task AppendAsync(LogPartition partition, ChunkHeader header, ReadOnlyMemory<byte> bytes, ActivityContext trace)
    {
        var upload = new Upload(partition, header, bytes, trace, ChunkHeaderCodec.Encode(
            header with
            {
                Format = header.FileDialect is null ? ChunkHeaderCodec.SeveralChunks : ChunkHeaderCodec.SeveralChunksOfDialects,
                Bytes = bytes.Length,
            }, trace));
        lock (_queues)
            return QueueOf(BatchKey.Of(partition.Topic, header)).Records.AddAsync(upload, upload.Size);
    }

    BatchQueue QueueOf(BatchKey key)
    {
        if (_queues.TryGetValue(key, out var queue))
            return queue;
        if (_queues.Count >= _sweepAt)
        {
            foreach (var (idle, _) in _queues.Where(pair => pair.Value.IsAtRest).ToList())
                _queues.Remove(idle);
            _sweepAt = Math.Max(FirstSweep, 2 * _queues.Count);
        }
        _queues.Add(key, queue = new BatchQueue(AppendAsync, _maxBytes));
        return queue;
    }

    async Task<LogPosition> AppendAsync(IReadOnlyList<Upload> uploads)
    {
        var length = uploads.Sum(upload => upload.Bytes.Length);
        var value = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var headers = new List<LogHeader>();
            var offset = 0;
            foreach (var upload in uploads)
            {
                headers.AddRange(uploads.Count > 1 ? upload.Headers : ChunkHeaderCodec.Encode(upload.Header, upload.Trace));
                upload.Bytes.CopyTo(value.AsMemory(offset));
                offset += upload.Bytes.Length;
            }
            var (topic, partition) = uploads[0].Partition;
            return await log.AppendAsync(topic, partition, headers, value.AsMemory(0, length), CancellationToken.None);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(value);
        }
    }

    /// <summary>What chunks must have in common to be validated and inserted as one.</summary>
    readonly record struct BatchKey(
        string Topic, string TenantId, string ModelId, int ModelVersion, CsvDialect Dialect, FileDialect? Values, bool PadShortRows,
        string HeaderLine, string Mapping)
    {
        public static BatchKey Of(string topic, ChunkHeader header) => new(
            topic, header.TenantId, header.ModelId, header.ModelVersion, header.Dialect, header.FileDialect, header.PadShortRows == true,
            Convert.ToBase64String(header.HeaderLine ?? header.Job?.HeaderLine ?? []), string.Join(',', header.Mapping));
    }

    /// <summary>Those whose chunks may share a record.</summary>
    sealed class BatchQueue
    {
        readonly TokenBucket _pace = new(PerSecond, Burst);

        public BatchQueue(Func<IReadOnlyList<Upload>, Task<LogPosition>> append, int maxBytes) =>
            Records = new(append, MaxChunks, maxBytes, () => _pace.KeepAsync(CancellationToken.None));

        public GroupCommit<Upload, LogPosition> Records { get; }
        public bool IsAtRest => Records.IsIdle && _pace.IsRested;
    }

    /// <param name="Headers">The headers of a chunk that shares its record.</param>
    sealed record Upload(
        LogPartition Partition, ChunkHeader Header, ReadOnlyMemory<byte> Bytes, ActivityContext Trace, IReadOnlyList<LogHeader> Headers)
    {
        /// <summary>In bytes, including headers.</summary>
        public int Size { get; } = Bytes.Length + Headers.Sum(header => header.Value.Length);
    }
}
