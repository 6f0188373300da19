using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Batch.Core.Log;

namespace Batch.Core.Chunks;

/// <summary>A <see cref="ChunkHeader"/> as headers of a log record: readable JSON, and the trace that the upload belongs to.</summary>
public static class ChunkHeaderCodec
{
    public const string HeaderKey = "batch-chunk";

    /// <summary>W3C trace context.</summary>
    public const string TraceParentKey = "traceparent";

    const int Format = 1;

    public static IReadOnlyList<LogHeader> Encode(ChunkHeader header, ActivityContext trace)
    {
        var json = new LogHeader(HeaderKey, JsonSerializer.SerializeToUtf8Bytes(header, ChunkHeaderJson.Default.ChunkHeader));
        return trace == default ? [json] : [json, new LogHeader(TraceParentKey, TraceParent(trace))];
    }

    /// <exception cref="ChunkFormatException">The header is missing, garbled, contradicts itself or is of a later format.</exception>
    public static ChunkHeader Decode(LogRecord record) => record.Header(HeaderKey) is { } json
        ? Parse(json.Span, $"The header '{HeaderKey}' of the record at {record.Position}")
        : throw new ChunkFormatException($"The record at {record.Position} has no header '{HeaderKey}'.");

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
        return header;
    }

    /// <summary>The trace that the record was appended in; the default where it has none or a garbled one.</summary>
    public static ActivityContext TraceOf(LogRecord record) =>
        record.Header(TraceParentKey) is { } value
        && ActivityContext.TryParse(Encoding.ASCII.GetString(value.Span), null, isRemote: true, out var trace) ? trace : default;

    /// <summary>CRC-32C (Castagnoli).</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var rest in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }

    static string? Contradiction(ChunkHeader header) =>
        header.Format != Format ? $"is of format {header.Format}; this version reads format {Format}"
        : header.Ordinal < 0 || header.Rows <= 0 || header.FirstRow < 1 || header.FirstLine < 1 ? "has a count out of range"
        : header.MaxRowBytes <= 0 ? "allows rows of no length"
        : header.RowNumbers is { } rows && rows.Count != header.Rows ? $"has {header.Rows} rows and {rows.Count} row numbers"
        : header.LineNumbers is { } lines && lines.Count != header.Rows ? $"has {header.Rows} rows and {lines.Count} line numbers"
        : null;

    static byte[] TraceParent(ActivityContext trace) =>
        Encoding.ASCII.GetBytes($"00-{trace.TraceId.ToHexString()}-{trace.SpanId.ToHexString()}-{(int)trace.TraceFlags:x2}");
}
