using System.Text;
using Batch.Csv;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Batch.Tests.Csv;

/// <summary>As <see cref="CsvTokenizerAgreementTests"/>, with short files: a counterexample is shrunk to the bytes that matter.</summary>
[Trait("Tier", "unit")]
public sealed class CsvTokenizerPropertyTests
{
    /// <summary>What the grammar is about, and fields that are longer than a vector.</summary>
    static readonly string[] Pieces = [",", "\"", "\"\"", "\n", "\r", "\r\n", " ", "\t", "a", "é", "\0", new('x', 70)];

    static readonly CsvDialect[] Dialects =
    [
        CsvDialect.Default, CsvDialect.Default with { Quotes = QuoteRule.Literal }, CsvDialect.Default with { Delimiter = (byte)'\t' },
        CsvDialect.Default with { IsOneColumn = true }, CsvDialect.Default with { MaxRowBytes = 40 },
    ];

    static Arbitrary<List<string>> Files => Arb.From(Gen.Elements(Pieces).ListOf(), Shrunk);

    static IEnumerable<List<string>> Shrunk(List<string> file)
    {
        for (var length = file.Count / 2; length > 0; length /= 2)
            for (var at = 0; at + length <= file.Count; at += length)
                yield return [.. file.Take(at), .. file.Skip(at + length)];
    }

    [Property(MaxTest = 2000, Replay = "20,1")]
    public Property Short_files_give_the_rows_of_the_scalar_tokenizer() => Prop.ForAll(Files, Arb.From(Gen.Elements(Dialects)), (pieces, dialect) =>
    {
        var file = Encoding.UTF8.GetBytes(string.Concat(pieces));
        var batch = new RowBatch();
        var expected = CsvGarbage.Rows(new ScalarCsvTokenizer(dialect).Read, file, batch);
        var actual = CsvGarbage.Rows(new CsvTokenizer(dialect, isScalar: false).Read, file, batch);
        return expected.SequenceEqual(actual).Label($"{dialect}: {CsvGarbage.Show(file)}\n{string.Join('\n', expected)}\n--- but\n{string.Join('\n', actual)}");
    });
}
