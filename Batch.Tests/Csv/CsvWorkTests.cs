using System.Text;
using Batch.Csv;
using Batch.Csv.Cutting;
using Batch.Primitives;
using Batch.Tests.Chunks;

namespace Batch.Tests.Csv;

/// <summary>No file makes the reader look at its bytes over and over: work grows with the size, and nothing is allocated for rows.</summary>
[Trait("Tier", "unit")]
public sealed class CsvWorkTests
{
    static readonly CsvDialect Dialect = new((byte)',', 16 << 10);

    public static TheoryData<string> HostilePatterns =>
        [" \"a\" ,b\n", " \"", "a, \"b\n", "\" ", "a b\"\n", "a\",\"\n", "\"\n", "\"", "\"\"\n", "\"a\n", "a\"b\n", "\"a\"b\n", "\"\r", "\"a\",\"\n", "a,\"b\n\"", "x\",\"y\"\"\n", "\n", ",", "x"];

    [Theory]
    [MemberData(nameof(HostilePatterns))]
    public void Tokenizing_looks_at_each_byte_a_few_times_at_most(string pattern)
    {
        foreach (var size in (int[])[128 << 10, 256 << 10])
        {
            var file = Repeat("\"" + pattern, pattern, size);
            var tokenizer = new CsvTokenizer(Dialect, isScalar: false);
            var batch = new RowBatch();
            var (offset, line) = (0, 0);
            while (offset < file.Length)
                offset = tokenizer.Read(file, offset, ref line, batch);
            Assert.InRange(tokenizer.Walked, 0, 5L * file.Length + Dialect.MaxRowBytes);
        }
    }

    [Theory]
    [MemberData(nameof(HostilePatterns))]
    public async Task Chunking_looks_at_each_byte_a_few_times_at_most(string pattern)
    {
        foreach (var size in (int[])[128 << 10, 256 << 10])
        {
            var file = Repeat("h\n\"" + pattern, pattern, size);
            var options = new ChunkerOptions { ChunkBytes = 64 << 10 };
            await using var upload = await CsvUpload.OpenAsync(
                new SlicedStream(file, () => 1000), Dialect, options, new ByteBudget(1 << 30), new UploadTuning(1000, 1000, true), default);
            await upload.CountRowsAsync(default);
            Assert.InRange(upload.BytesWalked, 0, 8L * file.Length + Dialect.MaxRowBytes);
        }
    }

    [Fact]
    public void Tokenizing_allocates_nothing()
    {
        var file = Repeat("", "1,\"two\nlines\",5\" pipe,x\n\"a\"b,c\n", 4 << 20);
        var tokenizer = new CsvTokenizer(CsvDialect.Default);
        var batch = new RowBatch();
        ReadAll();
        var before = GC.GetAllocatedBytesForCurrentThread();
        ReadAll();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void ReadAll()
        {
            var (offset, line) = (0, 0);
            while (offset < file.Length)
                offset = tokenizer.Read(file, offset, ref line, batch);
        }
    }

    [Fact]
    public void Chunking_allocates_next_to_nothing_for_a_row()
    {
        const string row = "1,1716045542,\"12.5\"\n";
        var file = Repeat("h\n", row, 32 << 20);
        var rows = file.Length / row.Length;
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            // The pool may have lost its buffers to the collector in between: the best of a few attempts counts.
            var before = GC.GetAllocatedBytesForCurrentThread();
            var reading = CountAsync();
            Assert.True(reading.IsCompletedSuccessfully, "It never waits, so that this thread has done it all.");
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.InRange(least / (double)rows, 0, 0.08);

        async Task CountAsync()
        {
            await using var upload = await CsvUpload.OpenAsync(
                new MemoryStream(file), CsvDialect.Default, new ChunkerOptions(), new ByteBudget(128 << 20), default);
            await upload.CountRowsAsync(default);
        }
    }

    static byte[] Repeat(string first, string pattern, int size) =>
        Encoding.UTF8.GetBytes(first + string.Concat(Enumerable.Repeat(pattern, size / pattern.Length)));
}
