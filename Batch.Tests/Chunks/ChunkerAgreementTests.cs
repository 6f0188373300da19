using System.Text;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Primitives;
using Batch.Tests.Csv;

namespace Batch.Tests.Chunks;

/// <summary>Whatever the file and however it is cut: chunk by chunk, the rows are those of the whole file.</summary>
[Trait("Tier", "unit")]
public sealed class ChunkerAgreementTests
{
    sealed record Cut(List<string> Rows, List<string> Chunks);

    [Theory]
    [InlineData(1, 60, 3000)]
    [InlineData(2, 400, 1500)]
    [InlineData(3, 3000, 150)]
    public async Task Rows_of_the_chunks_are_the_rows_of_the_file(int seed, int maxLength, int rounds)
    {
        var random = new Random(seed);
        var batch = new RowBatch();
        for (var round = 0; round < rounds; round++)
        {
            var dialect = CsvGarbage.Dialect(random);
            if (!dialect.IsOneColumn && dialect.MaxRowBytes < 2 + dialect.DelimiterLength)
                dialect = dialect with { MaxRowBytes = 2 + dialect.DelimiterLength }; // for the header line
            var file = CsvGarbage.File(random, maxLength, dialect);
            var expected = CsvGarbage.Rows(new ScalarCsvTokenizer(dialect).Read, file, batch, 1, 2);

            var (chunkBytes, chunkRows, head) = (random.Next(1, 200), random.Next(4) == 0 ? random.Next(1, 40) : 1000, random.Next(2, 100));
            if (random.Next(3) == 0)
                chunkBytes = random.Next(200, 4000);
            List<string>? chunks = null;
            foreach (var slice in (int[])[1, 7, random.Next(1, 500), int.MaxValue])
            {
                var scan = random.Next(2) == 0 ? 1 : random.Next(1, 300);
                var cut = await CutAsync(file, dialect, chunkBytes, chunkRows, head, scan, slice, useBlocks: slice != 7);
                var say =
                    $"seed {seed} round {round} {dialect} chunk {chunkBytes} rows {chunkRows} slice {slice} head {head} scan {scan}: {CsvGarbage.Show(file)}";
                Assert.True(expected.SequenceEqual(cut.Rows),
                    $"{say}\n{string.Join('\n', expected)}\n--- but\n{string.Join('\n', cut.Rows)}");
                chunks ??= cut.Chunks;
                Assert.True(chunks.SequenceEqual(cut.Chunks), "Slices, or blocks, change the chunks: " + say);
            }
        }
    }

    static byte[] HeaderLine(CsvDialect dialect) => dialect.IsOneColumn ? "h\n"u8.ToArray() : [(byte)'h', .. dialect.DelimiterBytes(), (byte)'i', (byte)'\n'];

    static async Task<Cut> CutAsync(byte[] file, CsvDialect dialect, int chunkBytes, int chunkRows, int head, int scan, int slice, bool useBlocks)
    {
        var cut = new Cut([], []);
        var budget = new ByteBudget(1 << 30);
        var options = new ChunkerOptions { ChunkBytes = chunkBytes, MaxChunkRows = chunkRows };
        var body = new SlicedStream([.. HeaderLine(dialect), .. file], () => slice);
        // NUL bytes in the head would be refused; here they are data like any other.
        await using var upload = await CsvUpload.OpenAsync(body, dialect, options, budget,
            new UploadTuning(file.Contains((byte)0) ? HeaderLine(dialect).Length : head, scan, useBlocks), default);
        var batch = new RowBatch();
        var tokenizer = new CsvTokenizer(dialect);
        var (row, lastLine) = (1L, 1L);
        await foreach (var chunk in upload.ReadChunksAsync(default))
        {
            using (chunk)
            {
                Assert.Equal(cut.Chunks.Count, chunk.Ordinal);
                Assert.Equal(row, chunk.FirstRow);
                Assert.True(chunk.FirstLine > lastLine);
                Assert.Equal(Crc32C.Of(chunk.Bytes.Span), chunk.Checksum);
                Assert.True(chunk.Bytes.Length <= chunkBytes || chunk.Rows == 1, "Only a single row may be larger than a chunk.");
                Assert.InRange(chunk.Rows, 1, chunkRows);
                var rows = CsvGarbage.Rows(tokenizer.Read, chunk.Bytes.Span, batch, chunk.FirstRow, chunk.FirstLine);
                Assert.Equal(chunk.Rows, rows.Count);
                cut.Rows.AddRange(rows);
                cut.Chunks.Add($"{chunk.Rows} {chunk.FirstLine} {Encoding.Latin1.GetString(chunk.Bytes.Span)}");
                row += chunk.Rows;
                lastLine = chunk.FirstLine;
            }
        }
        Assert.Equal(row - 1, upload.RowsSeen);
        Assert.Equal(dialect, upload.Dialect);
        Assert.Equal(0, budget.Held);
        return cut;
    }
}
