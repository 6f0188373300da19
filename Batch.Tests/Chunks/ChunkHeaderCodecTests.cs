using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Batch.Core.Chunks;
using Batch.Core.Jobs;
using Batch.Core.Log;
using Batch.Primitives;
using FsCheck;
using FsCheck.Xunit;

namespace Batch.Tests.Chunks;

[Trait("Tier", "unit")]
public sealed class ChunkHeaderCodecTests
{
    static readonly ChunkHeader Header = new()
    {
        TenantId = "tenant_a", JobId = "0123", ModelId = "4567", ModelVersion = 3, Ordinal = 7, FirstRow = 5_000_000_001,
        FirstLine = 6_000_000_000, Rows = 2, Checksum = uint.MaxValue, Delimiter = (byte)'\t', MaxRowBytes = 1000, Mapping = [2, -1, 0],
        RowNumbers = [4, 9], LineNumbers = [5, 12], MaxErrors = 10,
    };

    static LogRecord Record(params LogHeader[] headers) => new(new("chunks", 0, 1), headers, default, default, null);

    static LogRecord RecordOf(string value, params ChunkHeader[] headers) => new(
        new("chunks", 0, 1), [.. headers.SelectMany(header => ChunkHeaderCodec.Encode(header, default))], Encoding.UTF8.GetBytes(value), default, null);

    static ChunkHeader Sharing(string job, int bytes) => Header with { JobId = job, Format = ChunkHeaderCodec.SeveralChunks, Bytes = bytes };

    static ActivityContext NewTrace() => new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);

    static LogRecord RecordOf(string json) => Record(new LogHeader(ChunkHeaderCodec.HeaderKey, Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_header_comes_back_as_it_was()
    {
        var trace = NewTrace();
        var record = Record([.. ChunkHeaderCodec.Encode(Header, trace)]);
        Assert.Equal(JsonSerializer.Serialize(Header), JsonSerializer.Serialize(record.ChunkHeader()));
        Assert.Equal((trace.TraceId, trace.SpanId, trace.TraceFlags),
            (record.Chunk().Trace.TraceId, record.Chunk().Trace.SpanId, record.Chunk().Trace.TraceFlags));
    }

    [Property(MaxTest = 500, Replay = "20,1")]
    public void Any_header_comes_back_as_it_was(
        UnicodeString id, NonNegativeInt version, NonNegativeInt ordinal, PositiveInt rows, uint checksum, byte delimiter,
        byte[]? line, NonNull<int[]> mapping, long? maxErrors)
    {
        // Half a surrogate pair is no text.
        var text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(id.Get));
        var header = Header with
        {
            TenantId = text,
            JobId = text,
            ModelVersion = version.Get,
            Ordinal = ordinal.Get,
            Rows = rows.Get,
            Checksum = checksum,
            Delimiter = delimiter,
            HeaderLine = line,
            Mapping = mapping.Get,
            RowNumbers = null,
            LineNumbers = null,
            MaxErrors = maxErrors,
        };
        var decoded = Record([.. ChunkHeaderCodec.Encode(header, default)]).ChunkHeader();
        Assert.Equal((header.TenantId, header.Checksum, header.Delimiter), (decoded.TenantId, decoded.Checksum, decoded.Delimiter));
        Assert.Equal(JsonSerializer.Serialize(header), JsonSerializer.Serialize(decoded));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_older_versions_wrote_of_a_job_that_is_one_chunk_makes_the_job(int format)
    {
        var job = new JobDescription("a.csv", "a,b"u8.ToArray()) { BlankLines = 2, Warnings = ["w"] };
        var old = Encoding.UTF8.GetString(ChunkHeaderCodec.Encode(Header with { Format = format, Whole = job }, default)[0].Value.Span);
        Assert.Contains("\"whole\":{\"file_name\":\"a.csv\",\"header_line\":\"YSxi\",\"blank_lines\":2", old, StringComparison.Ordinal);

        var header = RecordOf(old).ChunkHeader();

        Assert.Null(header.Whole);
        Assert.Equal(JsonSerializer.Serialize(job with { MakesJob = true }), JsonSerializer.Serialize(header.Job));
        Assert.Equal("a.csv", NewJob.Of(header, "m")!.FileName);
    }

    [Fact]
    public void A_chunk_that_describes_a_job_which_was_recorded_before_does_not_make_it()
    {
        var header = RecordOf(Encoding.UTF8.GetString(
            ChunkHeaderCodec.Encode(Header with { Job = new("a.csv", "a,b"u8.ToArray()) }, default)[0].Value.Span)).ChunkHeader();
        Assert.Equal(("a.csv", false), (header.Job!.FileName, header.Job.MakesJob));
        Assert.Null(NewJob.Of(header, "m"));
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
    public void Malformed_headers_are_rejected()
    {
        var good = Encoding.UTF8.GetString(ChunkHeaderCodec.Encode(Header, default)[0].Value.Span);
        Assert.Equal(7, RecordOf(good).ChunkHeader().Ordinal);

        LogRecord[] records =
        [
            Record(), RecordOf(""), RecordOf("null"), RecordOf("{}"), RecordOf(good[..^1]), RecordOf("\u0001\u0002"),
            RecordOf(good.Replace("\"format\":3", "\"format\":4", StringComparison.Ordinal)),
            RecordOf(good.Replace("\"rows\":2", "\"rows\":3", StringComparison.Ordinal)),
            RecordOf(good.Replace("\"rows\":2", "\"rows\":-2", StringComparison.Ordinal)),
            RecordOf(good.Replace("\"tenant_a\"", "null", StringComparison.Ordinal)),
        ];
        Assert.All(records, record => Assert.Throws<ChunkFormatException>(() => ChunkHeaderCodec.Decode(record)));
    }

    [Fact]
    public void Chunks_that_share_a_record_come_back_each_with_its_bytes_and_its_trace()
    {
        var (first, last) = (NewTrace(), NewTrace());
        LogHeader[] headers =
        [
            .. ChunkHeaderCodec.Encode(Sharing("one", 5), first), .. ChunkHeaderCodec.Encode(Sharing("two", 4), default),
            .. ChunkHeaderCodec.Encode(Sharing("three", 1), last),
        ];
        var record = new LogRecord(new("chunks", 0, 1), headers, "1,2\n34,5\n6"u8.ToArray(), default, null);

        var chunks = ChunkHeaderCodec.Decode(record);

        Assert.Equal(
            [("one", "1,2\n3"), ("two", "4,5\n"), ("three", "6")],
            chunks.Select(chunk => (chunk.Header.JobId, Encoding.UTF8.GetString(chunk.Bytes.Span))));
        Assert.Equal(
            [(first.TraceId, first.SpanId), default, (last.TraceId, last.SpanId)], chunks.Select(chunk => (chunk.Trace.TraceId, chunk.Trace.SpanId)));
        // A dead letter keeps the header of its chunk and none of the others'.
        Assert.Equal(["one", "two", "three"], chunks.Select(chunk => ChunkHeaderCodec.Parse(chunk.Json.Span, "It").JobId));
    }

    [Fact]
    public void A_chunk_that_has_a_record_of_its_own_is_all_of_its_value()
    {
        Assert.Equal("1,2\n3,4", Encoding.UTF8.GetString(RecordOf("1,2\n3,4", Header).Chunk().Bytes.Span));
        Assert.Equal("1,2\n3,4", Encoding.UTF8.GetString(RecordOf("1,2\n3,4", Sharing("one", 7)).Chunk().Bytes.Span));
    }

    [Fact]
    public void Lengths_that_do_not_add_up_to_the_value_are_no_chunks()
    {
        Assert.Equal(2, ChunkHeaderCodec.Decode(RecordOf("12345", Sharing("one", 2), Sharing("two", 3))).Count);
        LogRecord[] records =
        [
            RecordOf("12345", Sharing("one", 2), Sharing("two", 2)), RecordOf("12345", Sharing("one", 2), Sharing("two", 4)),
            RecordOf("12345", Sharing("one", 5), Sharing("two", 1)), RecordOf("12345", Sharing("one", 6)), RecordOf("12345", Sharing("one", 4)),
            RecordOf("12345", Sharing("one", int.MaxValue), Sharing("two", int.MaxValue)),
            RecordOf("12345", Sharing("one", 0), Sharing("two", 5)), RecordOf("12345", Sharing("one", -1), Sharing("two", 6)),
            RecordOf("12345", Header, Header), RecordOf("12345", Header, Sharing("two", 5)),
        ];
        Assert.All(records, record => Assert.Throws<ChunkFormatException>(() => ChunkHeaderCodec.Decode(record)));
    }

    [Fact]
    public void A_chunk_of_several_says_how_long_it_is_and_one_that_is_alone_does_not()
    {
        LogRecord[] records =
        [
            RecordOf("12345", Header with { Bytes = 5 }), RecordOf("12345", Header with { Format = ChunkHeaderCodec.SeveralChunks }),
            RecordOf("12345", Sharing("one", 3), Header with { Format = ChunkHeaderCodec.SeveralChunks }),
            RecordOf("12345", Sharing("one", 5) with { Format = 3 }),
        ];
        Assert.All(records, record => Assert.Throws<ChunkFormatException>(() => ChunkHeaderCodec.Decode(record)));
    }

    [Fact]
    public void Chunks_of_several_models_or_tenants_share_no_record()
    {
        ChunkHeader[] strangers =
        [
            Sharing("two", 3) with { TenantId = "tenant_b" }, Sharing("two", 3) with { ModelId = "89ab" }, Sharing("two", 3) with { ModelVersion = 4 },
        ];
        Assert.All(strangers, stranger => Assert.Throws<ChunkFormatException>(() => ChunkHeaderCodec.Decode(RecordOf("12345", Sharing("one", 2), stranger))));
    }

    [Fact]
    public void Checksum_is_crc32c()
    {
        // Check values of RFC 3720, appendix B.4.
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0u, Crc32C.Of([]));
    }
}
