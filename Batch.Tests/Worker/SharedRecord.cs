using Batch.Core.Chunks;
using Batch.Core.Log;

namespace Batch.Tests.Worker;

/// <summary>A record that several uploads share, put together by hand, so that a test knows what is in it.</summary>
internal static class SharedRecord
{
    /// <param name="records">Of one chunk each.</param>
    /// <param name="change">What the n-th chunk's header says instead.</param>
    public static LogRecord Of(IReadOnlyList<LogRecord> records, Func<int, ChunkHeader, ChunkHeader>? change = null, bool isNew = false)
    {
        var headers = new List<LogHeader>();
        var value = new MemoryStream();
        foreach (var (chunk, n) in records.Select((record, n) => (ChunkHeaderCodec.Decode(record).Single(), n)))
        {
            var header = chunk.Header with { Format = ChunkHeaderCodec.SeveralChunks, Bytes = chunk.Bytes.Length };
            headers.AddRange(ChunkHeaderCodec.Encode(change?.Invoke(n, header) ?? header, chunk.Trace));
            value.Write(chunk.Bytes.Span);
        }
        return new LogRecord(records[0].Position, headers, value.ToArray(), DateTimeOffset.UtcNow, owner: null, isNew: isNew);
    }
}
