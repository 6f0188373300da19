using System.Text;
using Batch.Csv;
using Batch.Csv.Export;
using Batch.Csv.Schema;
using Batch.Csv.Validation;

namespace Batch.Tests.Chunks;

/// <summary>Header lines whose fault a person cannot see, and what is said of them.</summary>
[Trait("Tier", "unit")]
public sealed class HeaderCauseTests
{
    static readonly ModelSchema Seven = Validation.Chunk.Model([.. "abcdefg".Select(letter => Validation.Chunk.Text($"col_{letter}"))]);
    static readonly ModelSchema IdAndS = Validation.Chunk.Model(
        Validation.Chunk.Column("id", ColumnType.Integer, "Int64"), Validation.Chunk.Text("s") with { Optional = true });

    static HeaderMapping Map(string line, ModelSchema model, char delimiter = ',', bool ignore = false) =>
        HeaderCause.Map(CsvHeader.Parse(Encoding.UTF8.GetBytes(line), new((byte)delimiter)), new CsvDialect((byte)delimiter), model, ignore);

    [Theory]
    [InlineData(';', ',', "Line 1 read with ';' has all 7 columns: add --delimiter ';' (in a request: delimiter=;).")]
    [InlineData('\t', ',', "Line 1 read with tabs has all 7 columns: add --delimiter tab (in a request: delimiter=tab).")]
    [InlineData('|', ';', "Line 1 read with '|' has all 7 columns: add --delimiter '|' (in a request: delimiter=|).")]
    [InlineData(',', '\t', "Line 1 read with ',' has all 7 columns: add --delimiter ',' (in a request: delimiter=,).")]
    public void Separator_that_would_fit_is_named_once(char written, char read, string cause)
    {
        var verdict = Map(string.Join(written, "abcdefg".Select(letter => $"col_{letter}")), Seven, read);

        Assert.Equal(cause, verdict.Cause);
        Assert.Equal(8, verdict.Faults.Count);
        Assert.EndsWith(cause, Assert.Single(verdict.Faults, fault => fault.Message.Contains("--delimiter")).Message);
        Assert.StartsWith("The column '", verdict.Faults[0].Message);
    }

    [Fact]
    public void Separator_that_gives_more_of_the_columns_is_named_with_their_number() =>
        Assert.Equal("Line 1 read with ';' has 2 of the model's 7 columns: add --delimiter ';' (in a request: delimiter=;).",
            Map("col_a;col_b;x", Seven).Cause);

    [Theory]
    [InlineData("x;y;z")]
    [InlineData("col_a,col_b;x")]
    public void Separator_that_gives_no_more_columns_is_not_named(string line) => Assert.DoesNotContain("--delimiter", Map(line, Seven).Cause ?? "");

    [Theory]
    [InlineData("sep=;", ',', "The first line is Excel's separator line 'sep=;': remove it and add --delimiter ';' (in a request: delimiter=;).")]
    [InlineData("SEP=;", ';', "The first line is Excel's separator line 'SEP=;': remove it.")]
    [InlineData("\"sep=,\"", ',', "The first line is Excel's separator line 'sep=,': remove it.")]
    public void Excels_separator_line_is_named(string line, char read, string cause) => Assert.Equal(cause, Map(line, IdAndS, read).Cause);

    [Theory]
    [InlineData("1,Ann", true)]
    [InlineData("1,\"Ann, B.\"", true)]
    [InlineData("1", false)]
    [InlineData("one,Ann", false)]
    [InlineData("id,7", false)]
    public void First_line_that_is_a_row_of_the_model_is_called_one(string line, bool isRow) => Assert.Equal(
        isRow ? "The first line is a row that fits the model, not a header line: put a line of column names before it." : null, Map(line, IdAndS).Cause);

    [Fact]
    public void First_line_of_a_model_of_texts_is_not_called_a_row() => Assert.Null(Map("1,2,3,4,5,6,7", Seven).Cause);

    [Theory]
    [InlineData("ID,s", "'ID' is near 'id': they differ in capitals.")]
    [InlineData("id\u200B,s", "'id<U+200B>' is near 'id': they differ in an invisible character (U+200B).")]
    [InlineData("\uFEFFid,s", "'<U+FEFF>id' is near 'id': they differ in an invisible character (U+FEFF, a byte order mark).")]
    public void Name_that_is_near_is_named_with_the_messages_of_both_columns(string line, string hint)
    {
        var verdict = Map(line, IdAndS);

        Assert.Equal(hint, verdict.Cause);
        Assert.Equal(
            [
                (ErrorCodes.ExtraColumn, $"The column '{line.Split(',')[0]}' is not in the schema. Remove or update your schema. {hint}"),
                (ErrorCodes.MissingColumn, $"The required column 'id' is missing. Please include a valid id column. {hint}"),
            ],
            verdict.Faults.Select(fault => (fault.Error, fault.Message)));
    }

    [Fact]
    public void Slip_of_the_pen_is_named() =>
        Assert.Equal(
            "'amuont' is near 'amount': they differ in a letter or two.",
            Map("amuont,zzz", Validation.Chunk.Model(Validation.Chunk.Text("amount"), Validation.Chunk.Text("country"))).Cause);

    [Fact]
    public void Ignored_columns_are_named_in_their_order_and_one_that_was_hardly_meant_is_warned_of()
    {
        var verdict = Map("note2,id,S,,legacy", IdAndS, ignore: true);

        Assert.True(verdict.Fits);
        Assert.Equal(["note2", "S", "column 4", "legacy"], verdict.Ignored);
        Assert.Equal(["The column 'S' was ignored and the model's 's' was filled with nothing: they differ in capitals."], verdict.Warnings);
    }

    [Fact]
    public void Columns_of_an_export_that_were_moved_are_named_among_the_ignored()
    {
        var verdict = ExportColumns.Forgive(Map("id,_errors,s,_row", IdAndS));

        Assert.True(verdict.Fits);
        Assert.Equal(["_errors", "_row"], verdict.Ignored);
    }

    [Fact]
    public void Separator_is_named_where_everything_may_be_missing_and_everything_is_ignored()
    {
        var model = Validation.Chunk.Model(Validation.Chunk.Text("a") with { Optional = true }, Validation.Chunk.Text("b") with { Optional = true });
        var verdict = Map("a;b", model, ignore: true);

        Assert.Equal(ErrorCodes.NoKnownColumn, Assert.Single(verdict.Faults).Error);
        Assert.Equal("Line 1 read with ';' has all 2 columns: add --delimiter ';' (in a request: delimiter=;).", verdict.Cause);
    }

    [Fact]
    public void The_report_on_thousands_of_columns_that_do_not_fit_is_bounded()
    {
        var names = Enumerable.Range(0, 5000).Select(n => $"column_{n}").ToList();
        var model = Validation.Chunk.Model([.. names.Select(name => Validation.Chunk.Text(name) with { Optional = true })]);
        var verdict = Map(string.Join(',', names.Select((name, n) => n == 0 ? name : name.ToUpperInvariant())), model, ignore: true);

        Assert.Equal(HeaderMapping.MaxIgnored, verdict.Ignored.Count);
        Assert.Equal(22, verdict.Warnings.Count);
        Assert.Equal("4979 more ignored columns are near columns of the model that were filled with nothing.", verdict.Warnings[^2]);
        Assert.Equal("4999 columns were ignored; the first 1000 are named.", verdict.Warnings[^1]);
    }

    [Fact]
    public void Second_byte_order_mark_before_a_quoted_name_is_named() =>
        Assert.Contains("byte order mark", Assert.Throws<CsvFileException>(() => CsvHeader.Parse("\uFEFF\"id\",s"u8, new((byte)','))).Message);
}
