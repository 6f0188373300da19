using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Batch.Core.Log;

namespace Batch.Core.Chunks;

/// <summary>Chunk headers as headers of a log record: for each chunk readable JSON and then the trace that its upload belongs to.</summary>
public static class ChunkHeaderCodec
{
    public const string HeaderKey = "batch-chunk";

    /// <summary>W3C trace context.</summary>
    public const string TraceParentKey = "traceparent";

    /// <summary>Formats of the header: of a record that is one chunk, and of one that carries several, each with its length.</summary>
    public const int OneChunk = 3, SeveralChunks = 4;

    /// <summary>The same with a dialect, which older versions would pass over: for them these are of a later format.</summary>
    public const int OneChunkOfDialect = 5, SeveralChunksOfDialects = 6;

    /// <summary>The same before quotes inside a field were a fault; still read, for what is in the log when Batch is upgraded.</summary>
    internal const int OldOneChunk = 1, OldSeveralChunks = 2;

    public static IReadOnlyList<LogHeader> Encode(ChunkHeader header, ActivityContext trace)
    {
        var json = new LogHeader(HeaderKey, JsonSerializer.SerializeToUtf8Bytes(header, ChunkHeaderJson.Default.ChunkHeader));
        return trace == default ? [json] : [json, new LogHeader(TraceParentKey, TraceParent(trace))];
    }

    /// <summary>The chunks of a record, in order; at least one.</summary>
    /// <exception cref="ChunkFormatException">A header is missing, garbled, contradicts itself or the value's length, or is of a later format.</exception>
    public static IReadOnlyList<LoggedChunk> Decode(LogRecord record)
    {
        var chunks = new List<LoggedChunk>();
        var offset = 0;
        foreach (var (key, value) in record.Headers)
        {
            if (key == HeaderKey)
            {
                var header = Parse(value.Span, $"The header '{HeaderKey}' of the record at {record.Position}");
                var length = header.Bytes ?? record.Value.Length;
                if (length > record.Value.Length - offset)
                    throw WrongLength(record);
                if (chunks.Count > 0 && !IsOfSameModel(header, chunks[0].Header))
                    throw new ChunkFormatException($"The record at {record.Position} has chunks of several models or of several tenants.");
                chunks.Add(new LoggedChunk(header, record.Value.Slice(offset, length), value, default, record.AppendedAt));
                offset += length;
            }
            else if (key == TraceParentKey && chunks.Count > 0
                && ActivityContext.TryParse(Encoding.ASCII.GetString(value.Span), null, isRemote: true, out var trace))
                chunks[^1] = chunks[^1] with { Trace = trace };
        }
        return chunks.Count == 0 ? throw new ChunkFormatException($"The record at {record.Position} has no header '{HeaderKey}'.")
            : offset < record.Value.Length ? throw WrongLength(record)
            : chunks;
    }

    static bool IsOfSameModel(ChunkHeader one, ChunkHeader other) =>
        (one.TenantId, one.ModelId, one.ModelVersion) == (other.TenantId, other.ModelId, other.ModelVersion);

    static ChunkFormatException WrongLength(LogRecord record) =>
        new($"The record at {record.Position} has {record.Value.Length} bytes, but its headers say otherwise.");

    /// <param name="json">What the record's header holds.</param>
    /// <param name="subject">Whose it is, for the message of a fault.</param>
    /// <exception cref="ChunkFormatException">It is garbled, contradicts itself or is of a later format.</exception>
    public static ChunkHeader Parse(ReadOnlySpan<byte> json, string subject)
    {
        ChunkHeader? header;
        try
        {
            header = JsonSerializer.Deserialize(json, ChunkHeaderJson.Default.ChunkHeader);
        }
        catch (JsonException e)
        {
            throw new ChunkFormatException($"{subject} cannot be read: {e.Message}", e);
        }
        if (header is null || Contradiction(header) is not null)
            throw new ChunkFormatException($"{subject} {(header is null ? "is null" : Contradiction(header))}.");
        return header.Whole is { } whole ? header with { Job = whole with { MakesJob = true }, Whole = null } : header;
    }

    static string? Contradiction(ChunkHeader header) =>
        header.Format is < OldOneChunk or > SeveralChunksOfDialects
            ? $"is of format {header.Format}; this version reads formats {OldOneChunk} to {SeveralChunksOfDialects}"
        : header.FileDialect is not null && header.Format < OneChunkOfDialect ? "has a dialect, which its format does not"
        : header.Bytes is null == header.IsShared || header.Bytes <= 0 ? "does not give the length of its chunk"
        : header.Ordinal < 0 || header.Attempt < 0 || header.Rows <= 0 || header.FirstRow < 1 || header.FirstLine < 1 ? "has a count out of range"
        : header.MaxRowBytes <= 0 ? "allows rows of no length"
        : header.RowNumbers is { } rows && rows.Count != header.Rows ? $"has {header.Rows} rows and {rows.Count} row numbers"
        : header.LineNumbers is { } lines && lines.Count != header.Rows ? $"has {header.Rows} rows and {lines.Count} line numbers"
        : null;

    static byte[] TraceParent(ActivityContext trace) =>
        Encoding.ASCII.GetBytes($"00-{trace.TraceId.ToHexString()}-{trace.SpanId.ToHexString()}-{(int)trace.TraceFlags:x2}");
}
