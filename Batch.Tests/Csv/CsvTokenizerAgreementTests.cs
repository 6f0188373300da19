using Batch.Csv;

namespace Batch.Tests.Csv;

/// <summary>The tokenizer gives what the scalar one gives, on any bytes.</summary>
[Trait("Tier", "unit")]
public sealed class CsvTokenizerAgreementTests
{
    [Theory]
    [InlineData(1, 20, 20_000)]
    [InlineData(2, 200, 20_000)]
    [InlineData(3, 1000, 6_000)]
    [InlineData(4, 8000, 500)]
    public void Any_bytes_give_the_rows_of_the_scalar_tokenizer(int seed, int maxLength, int rounds)
    {
        var random = new Random(seed);
        var batch = new RowBatch();
        for (var round = 0; round < rounds; round++)
        {
            var dialect = CsvGarbage.Dialect(random);
            var file = CsvGarbage.File(random, maxLength, dialect);
            var expected = CsvGarbage.Rows(new ScalarCsvTokenizer(dialect).Read, file, batch);
            var actual = CsvGarbage.Rows(new CsvTokenizer(dialect, isScalar: false).Read, file, batch);
            Assert.True(expected.SequenceEqual(actual),
                $"seed {seed} round {round} {dialect}: {CsvGarbage.Show(file)}\n{string.Join('\n', expected)}\n--- but\n{string.Join('\n', actual)}");
        }
    }

    [Fact]
    public void Small_batches_give_the_same_rows_as_large_ones()
    {
        var random = new Random(5);
        for (var round = 0; round < 2000; round++)
        {
            var dialect = CsvGarbage.Dialect(random);
            var file = CsvGarbage.File(random, 3000, dialect);
            var expected = CsvGarbage.Rows(new ScalarCsvTokenizer(dialect).Read, file, new RowBatch());
            var small = new RowBatch { Rows = new RowSpan[random.Next(1, 80)], FieldEnds = new int[random.Next(1, 300)] };
            Assert.Equal(expected, CsvGarbage.Rows(new CsvTokenizer(dialect, isScalar: false).Read, file, small));
            Assert.Equal(expected, CsvGarbage.Rows(new ScalarCsvTokenizer(dialect).Read, file, small));
        }
    }
}
