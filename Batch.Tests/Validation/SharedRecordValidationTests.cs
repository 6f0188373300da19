using System.Buffers;
using System.Text;
using Batch.Core.Chunks;
using Batch.Csv.Schema;
using Batch.Csv.Validation;

namespace Batch.Tests.Validation;

/// <summary>Chunks of several jobs that are validated together: to each of them it makes no difference.</summary>
[Trait("Tier", "unit")]
public sealed class SharedRecordValidationTests
{
    /// <summary>What became of a chunk: every value of its good rows, and every error of its bad ones.</summary>
    sealed record Outcome(int Errors, List<string> GoodRows, List<RejectedEntry> Rejected);

    [Fact]
    public void Chunks_of_several_jobs_come_out_as_they_would_each_by_itself()
    {
        using var together = new ChunkValidator(); // one for all, as in the worker: nothing may be left over from the last record
        var kinds = new HashSet<string>();
        for (var seed = 0; seed < 120; seed++)
        {
            var (schema, chunks) = RandomRecord(seed);
            Compare(together, schema, chunks, $"Seed {seed}", kinds);
        }

        Assert.Superset(new HashSet<string> { "only good", "only bad", "mixed" }, kinds);
    }

    [Fact]
    public void A_last_row_without_a_line_break_does_not_run_into_the_next_chunk()
    {
        ChunkRows[] chunks = [Rows("a", 2, "1,1,1\n2,2,2"), Rows("b", 1, "3,3,3"), Rows("c", 2, "4,4,4\r\n5,5,5")];
        using var validator = new ChunkValidator();
        Compare(validator, Chunk.Purchases, chunks, "");
        Assert.Equal(
            [["1", "2", "3", "4", "5"], ["1", "2", "3", "4", "5"], ["1", "2", "3", "4", "5"], ["a", "a", "b", "c", "c"], ["1", "2", "1", "1", "2"]],
            NativeReader.Read(validator.Validate(chunks, Chunk.Purchases, default).Data!).Select(column => column.Values));
    }

    [Fact]
    public void A_quote_that_never_closes_swallows_nothing_of_the_next_chunk()
    {
        ChunkRows[] chunks = [Rows("a", 2, "1,1,1\n\"2,2,2\n"), Rows("b", 2, "3,3,3\n\"4\",4,4\n"), Rows("c", 1, "\"5"), Rows("d", 1, "6,6,6\n")];
        using var validator = new ChunkValidator();
        Compare(validator, Chunk.Purchases, chunks, "");
        var all = validator.Validate(chunks, Chunk.Purchases, default);
        Assert.Equal(["1", "3", "4", "6"], NativeReader.Read(all.Data!)[0].Values);
        Assert.Equal([1, 0, 1, 0], all.ErrorsByChunk);
        Assert.Equal(
            [("a", ErrorCodes.MalformedQuotes, "\"2,2,2"), ("c", ErrorCodes.MalformedQuotes, "\"5")],
            all.RejectedBlocks().SelectMany(RejectedEntry.Read).Select(entry => (entry.JobId, entry.Error, entry.Raw)));
    }

    [Fact]
    public void Categories_of_one_job_are_those_of_another_where_they_are_the_same()
    {
        var model = Chunk.Model(
            Chunk.Text("event_id"), Chunk.Column("open", ColumnType.Category, "LowCardinality(String)"),
            Chunk.Column("closed", ColumnType.Category, "LowCardinality(String)") with { AllowedValues = ["US", "CA"], Optional = true });
        ChunkRows[] chunks =
        [
            Rows("a", 3, "1,red,US\n2,blue,\n3,red,CA\n"), Rows("b", 2, "4,green,FR\n5,,US\n"), Rows("c", 3, "6,blue,CA\n7,red,\n8,black,US\n"),
        ];
        using var validator = new ChunkValidator();
        Compare(validator, model, chunks, "");
        var columns = NativeReader.Read(validator.Validate(chunks, model, default).Data!);
        Assert.Equal(["red", "blue", "red", "blue", "red", "black"], columns[1].Values);
        Assert.Equal(["US", null, "CA", "CA", null, "US"], columns[2].Values);
        Assert.Equal(["a", "a", "a", "c", "c", "c"], columns[3].Values);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_chunk_of_nothing_but_bad_rows_costs_the_others_nothing(int bad)
    {
        var chunks = Enumerable.Range(0, 3).Select(i => Rows($"job-{i}", 2, i == bad ? "x,y,z\n,,\n" : $"{i},{i},{i}\n{i},{i},{i}\n")).ToArray();
        using var validator = new ChunkValidator();
        Compare(validator, Chunk.Purchases, chunks, "");
        var all = validator.Validate(chunks, Chunk.Purchases, default);
        Assert.Equal((6, 4, 2), (all.Rows, all.Success, all.Errors));
        Assert.DoesNotContain($"job-{bad}", NativeReader.Read(all.Data!)[^2].Values);

        var nothingGood = validator.Validate([Rows("a", 1, "x,y,z"), Rows("b", 1, "x,y,z")], Chunk.Purchases, default);
        Assert.Null(nothingGood.Data);
        Assert.Equal(["a", "a", "b", "b"], nothingGood.RejectedBlocks().SelectMany(RejectedEntry.Read).Select(entry => entry.JobId));
    }

    [Fact]
    public void Rows_that_are_run_again_keep_their_numbers_beside_those_of_a_file()
    {
        ChunkRows[] chunks =
        [
            Rows("a", 2, "1,1,1\n2,x,2\n"), Again("b", [7, 19, 1_000_000], [8, 25, 1_200_000], "3,3,3\n4,x,4\n5,5,5\n"), Rows("c", 1, "6,6,x\n"),
            Again("d", [5], [90], "7,7,7"),
        ];
        using var validator = new ChunkValidator();
        Compare(validator, Chunk.Purchases, chunks, "");
        var all = validator.Validate(chunks, Chunk.Purchases, default);
        Assert.Equal(["1", "7", "1000000", "5"], NativeReader.Read(all.Data!)[^1].Values);
        Assert.Equal(
            [("a", 2L, 3L), ("b", 19L, 25L), ("c", 1L, 2L)],
            all.RejectedBlocks().SelectMany(RejectedEntry.Read).Select(entry => (entry.JobId, entry.Row, entry.Line)));
    }

    [Fact]
    public void The_same_chunks_give_the_same_blocks_byte_for_byte()
    {
        using var used = new ChunkValidator();
        for (var seed = 200; seed < 220; seed++)
        {
            using var fresh = new ChunkValidator();
            var (schema, chunks) = RandomRecord(seed);
            Assert.Equal(Blocks(fresh, schema, chunks), Blocks(used, schema, chunks));
        }
    }

    public static TheoryData<ChunkHeader> Strangers =>
    [
        Header("b", 1) with { Mapping = [0, 2, 1] }, Header("b", 1) with { Mapping = [0, 1] }, Header("b", 1) with { Delimiter = (byte)';' },
        Header("b", 1) with { MaxRowBytes = 100 },
    ];

    [Theory]
    [MemberData(nameof(Strangers))]
    public void Chunks_with_other_columns_or_another_dialect_are_refused(ChunkHeader stranger)
    {
        using var validator = new ChunkValidator();
        var good = Rows("a", 1, "1,2,3\n");
        Assert.Throws<InvalidDataException>(() => validator.Validate([good, stranger.RowsIn("1,2,3\n"u8.ToArray())], Chunk.Purchases, default));
        Assert.Equal(1, validator.Validate([good], Chunk.Purchases, default).Success);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_header_that_lies_about_its_rows_is_a_fault_wherever_it_stands(int claimed)
    {
        using var validator = new ChunkValidator();
        ChunkRows[] sound = [Rows("a", 1, "1,1,1"), Rows("b", 2, "2,2,2\n3,3,3"), Rows("c", 1, "4,4,4")];
        ChunkRows[] lying = [sound[0], sound[1] with { Count = claimed }, sound[2]];
        Assert.Throws<InvalidDataException>(() => validator.Validate(lying, Chunk.Purchases, default));
        Assert.Equal(4, validator.Validate(sound, Chunk.Purchases, default).Success);
    }

    /// <summary>What chunks cost is in both figures; only the rows differ.</summary>
    [Theory]
    [InlineData("id-1,1716045542,12.5\n", 0.1)]
    [InlineData("id-1,yesterday,abc\n", 0.5)]
    public void Nothing_is_allocated_for_a_row_of_many_small_chunks(string row, double budget)
    {
        var (few, many) = (AllocatedFor(64, 20, row), AllocatedFor(64, 400, row));
        Assert.InRange((many - few) / (64.0 * 380), double.NegativeInfinity, budget);
    }

    static long AllocatedFor(int count, int rows, string row)
    {
        using var validator = new ChunkValidator();
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(row, rows)));
        var chunks = Enumerable.Range(0, count).Select(i => Header($"job-{i}", rows).RowsIn(bytes)).ToArray();
        var model = Chunk.Purchases;
        var before = 0L;
        for (var round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var block in validator.Validate(chunks, model, default).RejectedBlocks())
                Assert.NotEqual(0, block.Rows);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    static (ModelSchema Schema, ChunkRows[] Chunks) RandomRecord(int seed)
    {
        var random = new Random(seed);
        RandomFile? first = null;
        var chunks = new ChunkRows[random.Next(2, seed % 10 == 0 ? 65 : 8)];
        for (var i = 0; i < chunks.Length; i++)
        {
            var file = new RandomFile(1000 * seed + i, random.Next(1, seed % 20 == 1 ? 3000 : 60), first);
            first ??= file;
            var (bytes, rows) = (file.Bytes.AsMemory(), file.Rows.Count);
            switch (random.Next(4))
            {
                case 0 when file.Mapping.Length > 1:
                    bytes = bytes.TrimEnd("\r\n"u8);
                    break;
                case 1:
                    bytes = (byte[])[.. file.Bytes, .. "\"open,1,2\n3,4\n"u8];
                    rows += 2;
                    break;
            }

            var header = Header($"job-{i}", rows) with { Mapping = file.Mapping, FirstRow = random.Next(1, 5000), FirstLine = random.Next(1, 9000) };
            if (random.Next(3) == 0)
                header = header with { RowNumbers = Rising(random, rows), LineNumbers = Rising(random, rows) };
            chunks[i] = header.RowsIn(bytes);
        }

        return (first!.Schema, chunks);
    }

    static long[] Rising(Random random, int count)
    {
        var number = 0L;
        return [.. Enumerable.Range(0, count).Select(_ => number += random.Next(1, 100))];
    }

    static ChunkHeader Header(string job, int rows) => Chunk.Header(rows, [0, 1, 2]) with { JobId = job };

    static ChunkRows Rows(string job, int rows, string csv) => Header(job, rows).RowsIn(Encoding.UTF8.GetBytes(csv));

    static ChunkRows Again(string job, long[] rows, long[] lines, string csv) =>
        (Header(job, rows.Length) with { FirstRow = rows[0], FirstLine = lines[0], RowNumbers = rows, LineNumbers = lines })
            .RowsIn(Encoding.UTF8.GetBytes(csv));

    static void Compare(ChunkValidator validator, ModelSchema schema, ChunkRows[] chunks, string what, HashSet<string>? kinds = null)
    {
        using var alone = new ChunkValidator();
        var expected = chunks.Select(chunk => Outcomes(alone.Validate(chunk, schema, default), [chunk])[0]).ToArray();
        var counts = chunks.SelectMany(chunk => alone.Validate(chunk, schema, default).ErrorCounts)
            .GroupBy(count => (count.Column, count.Error)).Select(group => (group.Key.Column, group.Key.Error, group.Sum(count => count.Count)));

        var all = validator.Validate(chunks, schema, default);
        var actual = Outcomes(all, chunks);

        for (var i = 0; i < chunks.Length; i++)
        {
            Assert.True(expected[i].Errors == actual[i].Errors, $"{what}, chunk {i}: {actual[i].Errors} errors instead of {expected[i].Errors}");
            Assert.Equal(expected[i].GoodRows, actual[i].GoodRows);
            Assert.Equal(expected[i].Rejected, actual[i].Rejected);
            kinds?.Add(expected[i] switch { { Errors: 0 } => "only good", { GoodRows.Count: 0 } => "only bad", _ => "mixed" });
        }

        Assert.Equal(chunks.Sum(chunk => chunk.Count), all.Rows);
        Assert.Equal(all.Errors, all.ErrorsByChunk.Sum());
        Assert.Equal(expected.Sum(outcome => outcome.GoodRows.Count), all.Success);
        Assert.Equal(counts.Order(), all.ErrorCounts.Select(count => (count.Column, count.Error, count.Count)).Order());
    }

    static Outcome[] Outcomes(ValidatedChunk validated, ChunkRows[] chunks)
    {
        var columns = validated.Data is { } data ? NativeReader.Read(data) : [];
        var rejected = validated.RejectedBlocks().SelectMany(RejectedEntry.Read).ToArray();
        var good = Enumerable.Range(0, validated.Success)
            .Select(row => (Job: columns[^2].Values[row], Row: string.Join('|', columns.Select(column => $"{column.Name}={column.Values[row] ?? "NULL"}"))))
            .ToArray();
        // Each chunk's rows follow the last one's.
        Assert.Equal(chunks.SelectMany((chunk, i) => Enumerable.Repeat(chunk.JobId, chunk.Count - validated.ErrorsByChunk[i])), good.Select(row => row.Job!));
        return [.. chunks.Select((chunk, i) => new Outcome(
            validated.ErrorsByChunk[i], [.. good.Where(row => row.Job == chunk.JobId).Select(row => row.Row)],
            [.. rejected.Where(entry => entry.JobId == chunk.JobId)]))];
    }

    static List<byte[]> Blocks(ChunkValidator validator, ModelSchema schema, ChunkRows[] chunks)
    {
        var validated = validator.Validate(chunks, schema, default);
        var blocks = validated.RejectedBlocks().Select(block => block.Bytes.ToArray()).ToList();
        if (validated.Data is { } data)
            blocks.Add(data.Bytes.ToArray());
        return blocks;
    }
}
