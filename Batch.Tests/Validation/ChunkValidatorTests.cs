using System.Buffers;
using System.Text;
using Batch.Csv.Schema;
using Batch.Csv.Validation;

namespace Batch.Tests.Validation;

[Trait("Tier", "unit")]
public sealed class ChunkValidatorTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(100)]
    public void The_same_chunk_gives_the_same_blocks_byte_for_byte(int percentBad)
    {
        var (csv, rows) = Purchases(30_000, percentBad);
        using var used = new ChunkValidator();
        for (var seed = 0; seed < 5; seed++)
        {
            var other = new RandomFile(seed, 100);
            used.Validate(Chunk.Header(100, other.Mapping), other.Schema, other.Bytes, default);
        }

        using var fresh = new ChunkValidator();
        Assert.Equal(Blocks(fresh, csv, rows), Blocks(used, csv, rows));
        Assert.Equal(Blocks(fresh, csv, rows), Blocks(used, csv, rows));
    }

    static List<byte[]> Blocks(ChunkValidator validator, byte[] csv, int rows)
    {
        var chunk = validator.Validate(Chunk.Header(rows, [0, 1, 2]), Chunk.Purchases, csv, default);
        var blocks = chunk.RejectedBlocks().Select(block => block.Bytes.ToArray()).ToList();
        Assert.Equal(blocks, chunk.RejectedBlocks().Select(block => block.Bytes.ToArray())); // they may be gone through again
        if (chunk.Data is { } data)
            blocks.Add(data.Bytes.ToArray());
        return blocks;
    }

    [Fact]
    public void Nothing_is_allocated_for_a_good_row()
    {
        var (csv, rows) = Purchases(100_000, percentBad: 0);
        Assert.InRange(BytesAllocatedPerRow(csv, rows), 0, 0.1);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_bad_row()
    {
        var (csv, rows) = Purchases(100_000, percentBad: 100);
        Assert.InRange(BytesAllocatedPerRow(csv, rows), 0, 0.5);
    }

    /// <summary>The smallest object has 24 bytes. A block of 200,000 errors has some kilobytes of its own, and a row may have eight errors.</summary>
    [Theory]
    [InlineData("id,1716045542,2024-05-18T15:19:02Z,-1.5,2.25,-42,true,red,\"[1,2.5]\"\n", 0.1)]
    [InlineData("\"say \"\"hi\"\"\",\"1\",,\" 1e300 \",,18446744073709551615x,,,\n", 1)]
    [InlineData("id,x,x,x,x,x,x,x,x\n", 1)]
    [InlineData("id\n", 1)]
    [InlineData("\"a\"b,1\n", 1)]
    [InlineData("id,1716045542,1,1,1,1,1,Gr\u00fc\u00dfe\0,[]\n", 1)]
    public void Nothing_is_allocated_for_a_row_whatever_it_holds(string row, double budget)
    {
        const int rows = 50_000;
        var csv = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(row, rows)));
        Assert.InRange(BytesAllocatedPerRow(EveryType, csv, rows), 0, budget);
    }

    static readonly ModelSchema EveryType = Chunk.Model(
        Chunk.Text("event_id"), Chunk.Column("timestamp", ColumnType.Timestamp, "UInt32"),
        Chunk.Column("time", ColumnType.Timestamp, "DateTime") with { Optional = true, Iso8601 = true },
        Chunk.Float("wide"), Chunk.Column("narrow", ColumnType.Float, "Float32") with { Optional = true }, Chunk.Integer("integer"),
        Chunk.Column("truth", ColumnType.Boolean, "Bool"), Chunk.Column("category", ColumnType.Category, "LowCardinality(String)"),
        Chunk.Column("vector", ColumnType.Vector, "Array(Float64)"));

    static double BytesAllocatedPerRow(byte[] csv, int rows) => BytesAllocatedPerRow(PurchasesModel, csv, rows);

    static double BytesAllocatedPerRow(ModelSchema model, byte[] csv, int rows)
    {
        using var validator = new ChunkValidator();
        var header = Chunk.Header(rows, [.. Enumerable.Range(0, model.Columns.Count)]);
        var before = 0L;
        for (var round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var block in validator.Validate(header, model, csv, default).RejectedBlocks())
                Assert.NotEqual(0, block.Rows);
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)rows;
    }

    static readonly ModelSchema PurchasesModel = Chunk.Purchases;

    [Fact]
    public void A_chunk_of_nothing_but_commas_takes_no_more_memory_than_a_good_one()
    {
        using var validator = new ChunkValidator();
        var csv = Enumerable.Repeat((byte)',', 8 << 20).ToArray();
        for (var i = 3; i < csv.Length; i += 4)
            csv[i] = (byte)'\n'; // two million rows of four blanks each
        var rows = csv.Length / 4;
        var model = Chunk.Model(Chunk.Text("event_id"), Chunk.Float("a"), Chunk.Float("b"), Chunk.Float("c"));
        var chunk = validator.Validate(Chunk.Header(rows, [0, 1, 2, 3]), model, csv, default);
        Assert.Equal((rows, 4L * rows), (chunk.Errors, chunk.ErrorCounts.Sum(count => count.Count)));
        long errors = 0;
        foreach (var block in chunk.RejectedBlocks())
        {
            Assert.InRange(block.Rows, 1, 200_000);
            Assert.InRange(validator.BufferBytes, 0, 25 << 20);
            errors += block.Rows;
        }

        Assert.Equal(4L * rows, errors);
    }

    [Fact]
    public void An_ordinary_chunk_of_4_MiB_takes_no_more_than_25_MiB()
    {
        var (csv, rows) = Purchases(160_000, percentBad: 50);
        Assert.InRange(csv.Length, 3 << 20, 5 << 20);
        using var validator = new ChunkValidator();
        for (var round = 0; round < 3; round++)
            foreach (var block in validator.Validate(Chunk.Header(rows, [0, 1, 2]), Chunk.Purchases, csv, default).RejectedBlocks())
                Assert.InRange(validator.BufferBytes, 0, 25 << 20);
    }

    [Fact]
    public void Memory_of_an_unusually_large_chunk_is_given_back()
    {
        using var validator = new ChunkValidator();
        var model = Chunk.Model([.. Enumerable.Range(0, 50).Select(i => Chunk.Float($"c{i}") with { Optional = true })]);
        var rows = 200_000; // 50 nulls of 9 bytes out of every 2 bytes
        validator.Validate(Chunk.Header(rows, [.. Enumerable.Range(0, 50)]) with { PadShortRows = true },
            model, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1\n", rows))), default);
        Assert.True(validator.BufferBytes > 80 << 20);
        validator.Validate(Chunk.Header(1, [0, 1, 2]), Chunk.Purchases, "1,2,3\n"u8.ToArray(), default);
        Assert.InRange(validator.BufferBytes, 0, 25 << 20);
    }

    [Theory]
    [InlineData("\u00ff")] // one byte of 255, which no UTF-8 has
    [InlineData("\0")]
    [InlineData("\u00c3")] // the first half of a character, the line break in place of the second
    public void A_byte_that_is_no_text_costs_its_row_and_no_other_of_a_long_chunk(string noText)
    {
        const int rows = 10_000, at = 5_000;
        var csv = Encoding.Latin1.GetBytes(string.Concat(
            Enumerable.Range(1, rows).Select(row => row == at ? $"1,2,id{noText}\n" : row % 2500 == 0 ? "1,x,id\n" : "1,2.5,id\n")));
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Chunk.Header(rows, [1, 2, 0]), Chunk.Purchases, csv, default);
        Assert.Equal(
            [(2500L, ErrorCodes.NotAFloat), (at, ErrorCodes.InvalidEncoding), (7500, ErrorCodes.NotAFloat), (rows, ErrorCodes.NotAFloat)],
            chunk.RejectedBlocks().SelectMany(RejectedEntry.Read).Select(entry => (entry.Row, entry.Error)));
        Assert.Equal(rows - 4, chunk.Success);
    }

    [Fact]
    public void A_rows_errors_stand_in_one_block()
    {
        var rows = 120_000; // of two errors each, and a third where the row is too long: 200,000 falls into the middle of a row
        var csv = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, rows).Select(i => i % 5 == 0 ? "1,x,x,x\n" : "1,x,x\n")));
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Chunk.Header(rows, [0, 1, 2]), Chunk.Purchases, csv, default);
        var seen = new HashSet<long>();
        var blocks = 0;
        foreach (var block in chunk.RejectedBlocks())
        {
            blocks++;
            Assert.All(RejectedEntry.Read(block).Select(entry => entry.Row).Distinct().ToArray(), row => Assert.True(seen.Add(row)));
        }

        Assert.Equal((rows, 2), (seen.Count, blocks));
    }

    [Fact]
    public void Blocks_of_the_last_chunk_cannot_be_asked_for_any_more()
    {
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Chunk.Header(1, [0, 1, 2]), Chunk.Purchases, "1,x,x\n"u8.ToArray(), default);
        validator.Validate(Chunk.Header(1, [0, 1, 2]), Chunk.Purchases, "1,x,x\n"u8.ToArray(), default);
        Assert.Throws<InvalidOperationException>(() => chunk.RejectedBlocks().Count());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_header_that_lies_about_its_rows_is_a_fault_not_a_result(int rows)
    {
        using var validator = new ChunkValidator();
        Assert.Throws<InvalidDataException>(() => validator.Validate(Chunk.Header(rows, [0, 1, 2]), Chunk.Purchases, "1,2,3\n"u8.ToArray(), default));
        Assert.Equal(1, validator.Validate(Chunk.Header(1, [0, 1, 2]), Chunk.Purchases, "1,2,3\n"u8.ToArray(), default).Success);
    }

    [Theory]
    [InlineData(new[] { 0, 1, 3 })]
    [InlineData(new[] { 0, 1, 1 })]
    public void A_mapping_that_does_not_fit_the_model_is_a_fault(int[] mapping)
    {
        using var validator = new ChunkValidator();
        Assert.Throws<InvalidDataException>(() => validator.Validate(Chunk.Header(1, mapping), Chunk.Purchases, "1,2,3\n"u8.ToArray(), default));
    }

    [Fact]
    public void Cancellation_ends_it()
    {
        using var validator = new ChunkValidator();
        Assert.Throws<OperationCanceledException>(() =>
            validator.Validate(Chunk.Header(1, [0, 1, 2]), Chunk.Purchases, "1,2,3\n"u8.ToArray(), new CancellationToken(true)));
    }

    [Fact]
    public void A_chunk_without_rows_gives_nothing()
    {
        using var validator = new ChunkValidator();
        var chunk = validator.Validate(Chunk.Header(0, [0, 1, 2]), Chunk.Purchases, "\n\n"u8.ToArray(), default);
        Assert.Equal((0, 0, null), (chunk.Rows, chunk.Errors, chunk.Data));
        Assert.Empty(chunk.RejectedBlocks());
    }

    static (byte[] Csv, int Rows) Purchases(int rows, int percentBad)
    {
        var random = new Random(1);
        var csv = new StringBuilder();
        for (var i = 0; i < rows; i++)
            csv.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"id-{i},{(random.Next(100) < percentBad ? "yesterday" : $"{1716045542 + i}")},{i / 8.0}\n");
        return (Encoding.UTF8.GetBytes(csv.ToString()), rows);
    }
}
