using System.Text;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Primitives;

namespace Batch.Tests.Chunks;

[Trait("Tier", "unit")]
public sealed class CsvUploadTests
{
    static async Task<CsvUpload> OpenAsync(byte[] body, CsvDialect? dialect = null, ChunkerOptions? options = null, ByteBudget? budget = null) =>
        await CsvUpload.OpenAsync(new SlicedStream(body, () => 1 << 16), dialect ?? CsvDialect.Default, options ?? new(),
            budget ?? new ByteBudget(128 << 20), default);

    static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    static async Task<CsvFileException> RefusedAsync(byte[] body, CsvDialect? dialect = null, ChunkerOptions? options = null) =>
        await Assert.ThrowsAsync<CsvFileException>(() => OpenAsync(body, dialect, options));

    [Theory]
    [InlineData("")]
    [InlineData("\n\r\n\r")]
    [InlineData("\uFEFF")]
    [InlineData("\uFEFF\n\n")]
    public async Task A_file_without_a_line_is_refused(string text) => Assert.Equal("EMPTY_FILE", (await RefusedAsync(Utf8(text))).Code);

    [Fact]
    public async Task A_file_of_line_breaks_without_end_is_refused_all_the_same() =>
        Assert.Equal("EMPTY_FILE", (await RefusedAsync(Utf8(new string('\n', 300_000)))).Code);

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    [InlineData("utf-32BE")]
    public async Task Wide_text_without_a_mark_is_named_and_the_option_told(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        var text = encoding.GetBytes("event_id,timestamp,amount\n1,1716045542,12.5\n2,1716045543,8.0\n");
        var refused = await RefusedAsync(text);
        Assert.Equal("UNSUPPORTED_ENCODING", refused.Code);
        Assert.Contains("--encoding", refused.Message, StringComparison.Ordinal);
        Assert.Contains(name.Contains("32", StringComparison.Ordinal) ? "UTF-32" : "UTF-16", refused.Message, StringComparison.Ordinal);
        Assert.Contains(name.EndsWith("BE", StringComparison.Ordinal) ? "BE" : "LE", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_that_is_not_utf8_is_refused() =>
        Assert.Equal("UNSUPPORTED_ENCODING", (await RefusedAsync([(byte)'a', 0xE9, (byte)',', (byte)'b', (byte)'\n'])).Code);

    [Theory]
    [InlineData("504B03040000000000787878786C2F776F726B", "Excel workbook (.xlsx)")]
    [InlineData("504B0304000000000078787878", "zip")]
    [InlineData("1F8B0800", "gzip")]
    [InlineData("255044462D312E37", "PDF")]
    [InlineData("5041523115041500", "Parquet")]
    [InlineData("D0CF11E0A1B11AE1", "Excel workbook (.xls)")]
    [InlineData("28B52FFD04", "Zstandard")]
    [InlineData("4F626A0104", "Avro")]
    public async Task A_known_format_is_named_and_the_way_out_told(string hex, string kind)
    {
        var refused = await RefusedAsync(Convert.FromHexString(hex));
        Assert.Equal("BINARY_FILE", refused.Code);
        Assert.Contains(kind, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_nul_byte_in_the_head_means_binary() =>
        Assert.Equal("BINARY_FILE", (await RefusedAsync(Utf8("a,b\n1,\0\n2,3\n"))).Code);

    [Theory]
    [InlineData("PAR1,b")]
    [InlineData("ORC,b")]
    [InlineData("BZh9,b")]
    public async Task A_header_that_begins_like_a_format_is_a_header(string header)
    {
        await using var upload = await OpenAsync(Utf8(header + "\n1,2\n"));
        Assert.Equal(header.Split(','), upload.Header.Names);
    }

    [Fact]
    public async Task Names_are_unquoted_and_trimmed_and_the_line_is_kept()
    {
        await using var upload = await OpenAsync(Utf8("\uFEFF\n\r\n id ,\"a \"\"b\"\"\", \"c\" ,,\"two\nlines\"\r\n1,2\r\n"));
        Assert.Equal(["id", "a \"b\"", "c", "", "two\nlines"], upload.Header.Names);
        Assert.Equal(Utf8(" id ,\"a \"\"b\"\"\", \"c\" ,,\"two\nlines\""), upload.Header.RawLine);
        var chunk = Assert.Single(await ReadAsync(upload));
        Assert.Equal((1L, 5L), (chunk.FirstRow, chunk.FirstLine));
    }

    [Theory]
    [InlineData("\"a\"b,c\n1,2\n", "MALFORMED_HEADER")]
    [InlineData("\"a,c\n1,2\n", "MALFORMED_HEADER")]
    [InlineData("a,b,c,d\n", "TOO_MANY_COLUMNS")]
    public async Task A_header_that_cannot_be_is_refused(string text, string code) =>
        Assert.Equal(code, (await RefusedAsync(Utf8(text), options: new() { MaxColumns = 3 })).Code);

    [Fact]
    public async Task A_header_longer_than_a_row_may_be_is_refused() =>
        Assert.Equal("HEADER_TOO_LONG", (await RefusedAsync(Utf8(new string('x', 2 << 20)))).Code);

    [Fact]
    public async Task A_header_longer_than_the_head_is_read()
    {
        var names = Enumerable.Range(0, 9000).Select(i => $"a_rather_long_column_name_{i}").ToArray();
        await using var upload = await OpenAsync(Utf8(string.Join(',', names) + "\n1\n"));
        Assert.Equal(names, upload.Header.Names);
        Assert.Equal("1", Assert.Single(await ReadAsync(upload)).Text);
    }

    [Theory]
    [InlineData("a,b")]
    [InlineData("a,b\n")]
    [InlineData("a,b\r\n\r\n\n")]
    public async Task A_file_of_only_a_header_has_no_chunks(string text)
    {
        await using var upload = await OpenAsync(Utf8(text));
        Assert.Empty(await ReadAsync(upload));
        Assert.Equal(0, upload.RowsSeen);
    }

    [Fact]
    public async Task A_row_larger_than_a_chunk_is_a_chunk_of_its_own()
    {
        var large = new string('x', 300_000);
        await using var upload = await OpenAsync(Utf8($"h\n1\n{large}\n2\n"), options: new() { ChunkBytes = 64 << 10 });
        Assert.Equal(["1\n", large + "\n", "2\n"], (await ReadAsync(upload)).Select(chunk => chunk.Text));
    }

    [Fact]
    public async Task An_endless_line_is_one_row_in_constant_memory()
    {
        var budget = new ByteBudget(4 << 20);
        var dialect = CsvDialect.Default with { MaxRowBytes = 1000 };
        await using var upload = await OpenAsync(Utf8($"h\n1\n{new string('x', 20 << 20)}\n2\n"), dialect, budget: budget);
        var chunk = Assert.Single(await ReadAsync(upload));
        Assert.Equal($"1\n{new string('x', 1001)}\n2\n", chunk.Text);
        Assert.Equal(3, chunk.Rows);
    }

    [Theory]
    [InlineData("a,b\n1,2\n", 0)]
    [InlineData("a,b\n1,2", 0)]
    [InlineData("\n\na,b\n\n1,2\r\n\r\n\r\n3,4", 5)]
    [InlineData("a,b\n\"1\n\n2\",3\n\n4,\"5\r\n6\"\n\n\n", 3)]
    [InlineData("a,b\n\"never\n1,2\n\n", 1)]
    [InlineData("a,b\r1,2\r\r", 1)]
    [InlineData("a,b", 0)]
    [InlineData("a\n\n1\n\n", 0)]
    public async Task Blank_lines_are_counted_unless_they_are_rows(string csv, int blankLines)
    {
        // Far from the end the scan works on blocks of 64 bytes, near it row by row.
        var tail = csv.Contains(',', StringComparison.Ordinal) ? string.Concat(Enumerable.Repeat("\n8,\"9\n\"", 50)) : "";
        foreach (var (file, expected) in ((string, int)[])[(csv, blankLines), (csv + tail, blankLines + (tail.Length > 0 && csv[^1] == '\n' ? 1 : 0))])
        {
            await using var upload = await OpenAsync(Utf8(file));
            await upload.CountRowsAsync(default);
            Assert.Equal(expected, upload.BlankLines);
        }
    }

    [Theory]
    [InlineData("v\n1\n\n3\n\n5\n", 5)]
    [InlineData("v\r\n\r\n\r\n", 2)]
    [InlineData("v\n\n", 1)]
    [InlineData("v\n", 0)]
    [InlineData("v", 0)]
    public async Task In_a_file_of_one_column_a_blank_line_is_a_row(string csv, int rows)
    {
        await using var upload = await OpenAsync(Utf8(csv));
        var chunks = await ReadAsync(upload);
        Assert.Equal(rows, chunks.Sum(chunk => chunk.Rows));
        Assert.Equal(rows, upload.RowsSeen);
        Assert.Equal(csv[Math.Min(csv.Length, csv.IndexOf('\n') < 0 ? csv.Length : csv.IndexOf('\n') + 1)..],
            string.Concat(chunks.Select(chunk => chunk.Text)));
    }

    [Fact]
    public async Task Rows_can_be_counted_without_being_kept()
    {
        var budget = new ByteBudget(8 << 20);
        await using var upload = await OpenAsync(Utf8("h\n" + string.Concat(Enumerable.Repeat("\"a\nb\"\n", 2_000_000))), budget: budget);
        await upload.CountRowsAsync(default);
        Assert.Equal(2_000_000, upload.RowsSeen);
        Assert.Equal(0, budget.Held);
    }

    [Fact]
    public async Task Many_uploads_share_a_budget_of_one_buffer()
    {
        var budget = new ByteBudget(4 << 20);
        var body = Utf8("h\n" + string.Concat(Enumerable.Repeat("1,1716045542,12.5\n", 1_000_000)));
        var uploads = Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
        {
            await using var upload = await OpenAsync(body, budget: budget);
            await foreach (var chunk in upload.ReadChunksAsync(default))
            {
                using (chunk)
                    await Task.Yield();
            }
            return upload.RowsSeen;
        }));
        Assert.All(await Task.WhenAll(uploads).WaitAsync(TimeSpan.FromMinutes(1)), rows => Assert.Equal(1_000_000, rows));
        Assert.Equal((0, 0), (budget.Held, budget.Waiting));
    }

    [Fact]
    public async Task An_upload_cancelled_while_it_waits_holds_nothing()
    {
        var budget = new ByteBudget(4 << 20);
        await budget.AcquireAsync(4 << 20, default);
        await using var upload = await OpenAsync(Utf8("h\n" + new string('\n', 100_000) + "1\n"), budget: budget);
        using var cancel = new CancellationTokenSource();
        var reading = Task.Run(() => upload.CountRowsAsync(cancel.Token));
        Assert.True(SpinWait.SpinUntil(() => budget.Waiting > 0, TimeSpan.FromSeconds(30)));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal((4 << 20, 0), (budget.Held, budget.Waiting));
    }

    [Fact]
    public async Task A_chunk_outlives_its_upload()
    {
        var budget = new ByteBudget(4 << 20);
        RawChunk? kept = null;
        await using (var upload = await OpenAsync(Utf8("h\nrow\n"), budget: budget))
        {
            await foreach (var chunk in upload.ReadChunksAsync(default))
                kept = chunk;
        }
        Assert.NotEqual(0, budget.Held);
        Assert.Equal("row\n", Encoding.UTF8.GetString(kept!.Bytes.Span));
        kept.Dispose();
        kept.Dispose();
        Assert.Equal(0, budget.Held);
    }

    sealed record Copy(string Text, int Rows, long FirstRow, long FirstLine);

    static async Task<List<Copy>> ReadAsync(CsvUpload upload)
    {
        var chunks = new List<Copy>();
        await foreach (var chunk in upload.ReadChunksAsync(default))
        {
            using (chunk)
                chunks.Add(new(Encoding.UTF8.GetString(chunk.Bytes.Span), chunk.Rows, chunk.FirstRow, chunk.FirstLine));
        }
        return chunks;
    }
}
