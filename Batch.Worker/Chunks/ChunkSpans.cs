using System.Diagnostics;
using Batch.Core.Chunks;
using Batch.Core.Log;
using Batch.Core.Telemetry;

namespace Batch.Worker.Chunks;

/// <summary>A span for each chunk of a record, in the trace of its own upload; what is done for all of them is under the first one's.</summary>
internal sealed class ChunkSpans : IDisposable
{
    readonly Activity?[] _spans;
    readonly IReadOnlyList<LoggedChunk> _chunks;

    public ChunkSpans(IReadOnlyList<LoggedChunk> chunks, LogPosition position)
    {
        _chunks = chunks;
        _spans = new Activity?[chunks.Count];
        var first = _spans[0] = Start(
            chunks[0], position, chunks.Count == 1 ? null : chunks.Skip(1).Select(chunk => new ActivityLink(chunk.Trace)));
        for (var i = 1; i < chunks.Count; i++)
            _spans[i] = Start(chunks[i], position, first is null ? null : [new ActivityLink(first.Context)]);
        Activity.Current = first;
    }

    /// <summary>One chunk being processed by a worker, in the trace of the upload that appended it.</summary>
    /// <param name="chunk">One without a trace begins one of its own.</param>
    /// <param name="links">Chunks that are processed together with it.</param>
    static Activity? Start(LoggedChunk chunk, LogPosition position, IEnumerable<ActivityLink>? links)
    {
        var header = chunk.Header;
        var span = BatchTelemetry.Source.StartActivity($"{BatchSpans.Chunk} {position.Topic}", ActivityKind.Consumer, chunk.Trace, links: links);
        span?.SetTag(BatchAttributes.Tenant, header.TenantId)
            .SetTag(BatchAttributes.JobId, header.JobId)
            .SetTag(BatchAttributes.ModelId, header.ModelId)
            .SetTag(BatchAttributes.ModelVersion, header.ModelVersion)
            .SetTag(BatchAttributes.ChunkOrdinal, header.Ordinal)
            .SetTag(BatchAttributes.ChunkRows, header.Rows)
            .SetTag(BatchAttributes.ChunkBytes, chunk.Bytes.Length)
            .SetTag(BatchAttributes.LogTopic, position.Topic)
            .SetTag(BatchAttributes.LogOperation, "process")
            .SetTag(BatchAttributes.LogPartition, position.Partition.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .SetTag(BatchAttributes.LogOffset, position.Offset);
        return span;
    }

    public void Failed(LoggedChunk chunk, Exception reason)
    {
        for (var i = 0; i < _spans.Length; i++)
            if (_chunks[i] == chunk)
                _spans[i].Failed(reason);
    }

    public void Dispose()
    {
        for (var i = _spans.Length - 1; i >= 0; i--)
            _spans[i]?.Dispose();
    }
}
