using System.Globalization;
using Batch.Csv;
using static Batch.Tests.Schema.Inferences;

namespace Batch.Tests.Schema;

/// <summary>What inference makes of the header line and the separator, and which files it refuses.</summary>
[Trait("Tier", "unit")]
public sealed class InferenceOfFilesTests
{
    [Fact]
    public async Task Columns_without_a_usable_name_are_left_out_only_where_that_is_asked_for()
    {
        var schema = await InferAsync(",a,_row,b,b\n0,x,2,3,4\n", new() { IgnoreUnusableColumns = true });
        Assert.Equal(["a"], schema.Columns.Select(c => c.Column.Name));
        Assert.True(schema.IgnoreExtraColumns);
        Assert.Equal([1, 3, 4, 5], schema.Notes.Select(note => int.Parse(note.Split(' ')[1], CultureInfo.InvariantCulture)));
        Assert.All(schema.Notes, note => Assert.Contains("is omitted", note, StringComparison.Ordinal));
        Assert.True(Parse(schema.ToJsonSchema()).IgnoreExtraColumns);
        // Where there is nothing to leave out, nothing is ignored.
        Assert.False((await InferAsync("a\nx\n", new() { IgnoreUnusableColumns = true })).IgnoreExtraColumns);
    }

    [Theory]
    [InlineData("", "EMPTY_FILE", "empty")]
    [InlineData("a,b,a\n", "DUPLICATE_COLUMN", "Column 1 of the header line is invalid in a model: its name, 'a', appears more than once")]
    [InlineData("a,,b\n1,2,3\n", "BLANK_HEADER", "Column 2 of the header line is invalid in a model: its name is blank")]
    [InlineData(",\n1,2\n", "BLANK_HEADER", "extra_columns=ignore")]
    [InlineData("a,_row\n1,2\n", "INVALID_COLUMN_NAME", "is reserved in every data table")]
    [InlineData("\uFEFF\uFEFFa,b\n1,2\n", "INVALID_COLUMN_NAME", "U+FEFF")]
    [InlineData("a,b\0\n", "BINARY_FILE", "NUL")]
    [InlineData("{\"a\":1}\n{\"a\":2}\n", "JSON_FILE", "JSON")]
    public async Task A_file_that_cannot_be_loaded_as_it_is_is_refused(string csv, string code, string says)
    {
        var fault = await Assert.ThrowsAsync<CsvFileException>(() => InferAsync(csv));
        Assert.Equal(code, fault.Code);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1,2.5\n2,3.5\n")]
    [InlineData("2024-05-18T15:19:02Z,true\n2024-05-19T15:19:02Z,false\n")]
    [InlineData("17,\"[1,2]\"\n18,\"[3,4]\"\n")]
    [InlineData("1,DE,x\n2,DE,x\n3,FR,x\n")]
    [InlineData("1,2024-05-18\n2,2024-05-19\n")]
    public async Task A_first_line_like_the_rows_below_it_is_no_header_line(string csv)
    {
        Assert.Equal("NO_HEADER", (await Assert.ThrowsAsync<CsvFileException>(() => InferAsync(csv))).Code);
        Assert.NotEmpty((await InferAsync(csv, new() { TrustHeader = true })).Columns);
    }

    [Theory]
    [InlineData("1,Alice\n2,Bob\n", true)]
    [InlineData("country,2019,2020\nDE,1,2\n", true)]
    [InlineData("id,name\n1,Bob\n", false)]
    [InlineData("a,b\na,b\nc,d\n", false)]
    [InlineData("1,x\na,b\n", false)]
    [InlineData("1,2\n", false)]
    public async Task A_first_line_of_which_some_is_like_the_rows_is_warned_of(string csv, bool isWarned) =>
        Assert.Equal(isWarned, (await InferAsync(csv)).Notes.Any(note => note.StartsWith("The first line may be a row", StringComparison.Ordinal)));

    [Fact]
    public async Task More_columns_than_a_model_may_have_are_refused()
    {
        static string Header(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"c{i}")) + "\n";
        Assert.Equal(2_000, (await InferAsync(Header(2_000))).Columns.Count);
        Assert.Equal("TOO_MANY_COLUMNS", (await Assert.ThrowsAsync<CsvFileException>(() => InferAsync(Header(2_001)))).Code);
    }

    [Fact]
    public async Task A_file_without_rows_gives_optional_texts_and_says_so()
    {
        var schema = await InferAsync("\uFEFFevent_id,timestamp,x\r\n");
        Assert.Equal(["STRING", "TIMESTAMP?", "STRING?"], schema.Columns.Select(c => Short(c.Column)));
        Assert.Contains("no rows", Assert.Single(schema.Notes));
    }

    [Theory]
    [InlineData("a,b\n1,2\n", ',')]
    [InlineData("a;b\n1,5;2,5\n", ';')]
    [InlineData("a\tb, c\n1\t2, 3\n1\t2\n", '\t')]
    [InlineData("a|b\n1|2;3\n", '|')]
    [InlineData("\uFEFFa;b\n\"1;2\";3\n", ';')]
    [InlineData("a\n1\n", ',')]
    [InlineData("a,b|c\n1,2\n3,4\n", ',')]
    public async Task The_separator_is_the_one_that_splits_all_rows_alike(string csv, char expected) =>
        Assert.Equal(expected, (await InferAsync(csv)).Delimiter);

    [Fact]
    public async Task The_separator_of_a_long_file_is_found_in_its_beginning() =>
        Assert.Equal(';', (await InferAsync("a;b\n" + string.Concat(Enumerable.Repeat("\"x\"\"y\";1,5\n", 20_000)))).Delimiter);

    [Fact]
    public async Task A_given_separator_is_used_even_where_another_fits_better() =>
        Assert.Equal(["a;b"], (await InferAsync("a;b\n1;2\n", new() { Dialect = new() { Delimiter = "," } })).Columns.Select(c => c.Column.Name));
}
