using Batch.Csv.Validation;

namespace Batch.Tests.Validation;

[Trait("Tier", "unit")]
public sealed class ValidatorPropertyTests
{
    [Fact]
    public void Random_files_for_random_models_give_what_the_plain_reference_gives()
    {
        using var validator = new ChunkValidator(); // one for all, as in the worker: nothing may be left over from the last chunk
        for (var seed = 0; seed < 120; seed++)
            Compare(validator, new RandomFile(seed, rows: new Random(seed).Next(1, seed % 20 == 0 ? 5000 : 300)), seed);
    }

    static void Compare(ChunkValidator validator, RandomFile file, int seed)
    {
        var header = Chunk.Header(file.Rows.Count, file.Mapping) with { FirstRow = 1001, FirstLine = 5001, PadShortRows = file.PadsShortRows ? true : null };
        var chunk = validator.Validate(header, file.Schema, file.Bytes, default);

        var expected = file.Rows.Select(row => row is null ? null : ReferenceValidator.Validate(file.Schema, file.Mapping, row, file.PadsShortRows)).ToArray();
        var good = expected.Select((verdict, row) => (verdict, row)).Where(pair => pair.verdict is { Errors.Count: 0 }).ToArray();
        Assert.Equal(file.Rows.Count, chunk.Rows);
        Assert.Equal(good.Length, chunk.Success);
        Assert.Equal(file.Rows.Count - good.Length, chunk.Errors);
        if (good.Length == 0)
            Assert.Null(chunk.Data);
        else
            CompareData(file, good!, NativeReader.Read(chunk.Data!), seed);
        CompareErrors(file, expected, chunk);
    }

    static void CompareData(
        RandomFile file, (ReferenceValidator.Verdict Verdict, int Row)[] good, IReadOnlyList<NativeReader.Column> columns, int seed)
    {
        var at = 0;
        for (var i = 0; i < file.Schema.Columns.Count; i++)
        {
            var column = file.Schema.Columns[i];
            if (!file.Mapping.Contains(i))
                continue; // left to the table's default
            Assert.Equal((column.Name, column.ClickHouseType), (columns[at].Name, columns[at].Type));
            for (var row = 0; row < good.Length; row++)
                if (good[row].Verdict.Values[i] != columns[at].Values[row])
                    Assert.Fail($"Seed {seed}, row {good[row].Row}, {column}: {columns[at].Values[row]} instead of {good[row].Verdict.Values[i]}");
            at++;
        }

        Assert.Equal(at + 2, columns.Count);
        Assert.All(columns[at].Values, value => Assert.Equal("job", value));
        Assert.Equal(good.Select(pair => $"{1001 + pair.Row}"), columns[at + 1].Values);
    }

    static void CompareErrors(RandomFile file, ReferenceValidator.Verdict?[] expected, ValidatedChunk chunk)
    {
        var errors = expected.SelectMany((verdict, row) =>
            (verdict is null ? [("", ErrorCodes.MalformedQuotes)] : verdict.Errors)
                .Select((error, seq) => (Row: 1001 + row, Seq: seq, Line: 5001 + file.Lines[row], error.Column, error.Code)))
            .ToArray();
        var entries = chunk.RejectedBlocks().SelectMany(RejectedEntry.Read).ToArray();
        Assert.Equal(errors, entries.Select(entry => ((int)entry.Row, entry.Seq, (int)entry.Line, entry.Column, entry.Error)));
        Assert.Equal(
            errors.GroupBy(error => (error.Column, error.Code)).Select(group => (group.Key.Column, group.Key.Code, (long)group.Count())).Order(),
            chunk.ErrorCounts.Select(count => (count.Column, count.Error, count.Count)).Order());
    }
}
