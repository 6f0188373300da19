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
        var first = _spans[0] = BatchSpans.StartChunk(
            chunks[0], position, chunks.Count == 1 ? null : chunks.Skip(1).Select(chunk => new ActivityLink(chunk.Trace)));
        for (var i = 1; i < chunks.Count; i++)
            _spans[i] = BatchSpans.StartChunk(chunks[i], position, first is null ? null : [new ActivityLink(first.Context)]);
        Activity.Current = first;
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
