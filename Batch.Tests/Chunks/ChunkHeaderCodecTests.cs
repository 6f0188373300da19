using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Batch.Core.Chunks;
using Batch.Core.Log;
using Xunit;

namespace Batch.Tests.Chunks;

public sealed class ChunkHeaderCodecTests
{
    static readonly ChunkHeader Header = new()
    {
        TenantId = "tenant_a", JobId = "0123", ModelId = "4567", ModelVersion = 3, Ordinal = 7, FirstRow = 5_000_000_001,
        FirstLine = 6_000_000_000, Rows = 2, Checksum = uint.MaxValue, Delimiter = (byte)'\t', MaxRowBytes = 1000, Mapping = [2, -1, 0],
        RowNumbers = [4, 9], LineNumbers = [5, 12], MaxErrors = 10,
    };

    static LogRecord Record(params LogHeader[] headers) => new(new("chunks", 0, 1), headers, default, default, null);

    static LogRecord RecordOf(string json) => Record(new LogHeader(ChunkHeaderCodec.HeaderKey, Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_header_comes_back_as_it_was()
    {
        var trace = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        var record = Record([.. ChunkHeaderCodec.Encode(Header, trace)]);
        Assert.Equal(JsonSerializer.Serialize(Header), JsonSerializer.Serialize(record.ChunkHeader()));
        Assert.Equal((trace.TraceId, trace.SpanId, trace.TraceFlags),
            (record.Chunk().Trace.TraceId, record.Chunk().Trace.SpanId, record.Chunk().Trace.TraceFlags));
    }

    [Fact]
    public void Without_a_trace_there_is_no_trace_header()
    {
        Assert.Equal(ChunkHeaderCodec.HeaderKey, Assert.Single(ChunkHeaderCodec.Encode(Header, default)).Key);
        var header = Assert.Single(ChunkHeaderCodec.Encode(Header, default));
        Assert.Equal(default, Record(header).Chunk().Trace);
        Assert.Equal(default, Record(header, new LogHeader(ChunkHeaderCodec.TraceParentKey, "nonsense"u8.ToArray())).Chunk().Trace);
    }

    [Fact]
    public void What_is_not_a_header_is_said_to_be_none()
    {
        var good = Encoding.UTF8.GetString(ChunkHeaderCodec.Encode(Header, default)[0].Value.Span);
        Assert.Equal(7, RecordOf(good).ChunkHeader().Ordinal);

        LogRecord[] records =
        [
            Record(), RecordOf(""), RecordOf("null"), RecordOf("{}"), RecordOf(good[..^1]), RecordOf("\u0001\u0002"),
            RecordOf(good.Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal)),
            RecordOf(good.Replace("\"rows\":2", "\"rows\":3", StringComparison.Ordinal)),
            RecordOf(good.Replace("\"rows\":2", "\"rows\":-2", StringComparison.Ordinal)),
            RecordOf(good.Replace("\"tenant_a\"", "null", StringComparison.Ordinal)),
        ];
        Assert.All(records, record => Assert.Throws<ChunkFormatException>(() => ChunkHeaderCodec.Decode(record)));
    }

    [Fact]
    public void Checksum_is_crc32c()
    {
        // Check values of RFC 3720, appendix B.4.
        Assert.Equal(0xE3069283u, ChunkHeaderCodec.Checksum("123456789"u8));
        Assert.Equal(0x8A9136AAu, ChunkHeaderCodec.Checksum(new byte[32]));
        Assert.Equal(0u, ChunkHeaderCodec.Checksum([]));
    }
}
