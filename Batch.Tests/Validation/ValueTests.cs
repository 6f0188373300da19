using Batch.Csv.Schema;

namespace Batch.Tests.Validation;

/// <summary>What counts as a value, as a blank and as nothing.</summary>
[Trait("Tier", "unit")]
public sealed class ValueTests
{
    static readonly Column Id = Chunk.Text("event_id");

    [Fact]
    public void An_optional_text_tells_nothing_from_the_empty_text() =>
        Assert.Equal([null, "", " ", "x"], Chunk.Values(Chunk.Model(Id, Chunk.Text("s") with { Optional = true }), "1,\n2,\"\"\n3, \n4,x\n", rows: 4)[1]);

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    public void A_required_text_takes_neither(string blank) =>
        Assert.Equal("NULL_VALUE", Assert.Single(Chunk.Errors(Chunk.Model(Id, Chunk.Text("s")), $"1,{blank}\n")).Error);

    [Fact]
    public void Spaces_are_text() =>
        Assert.Equal([" x ", "  "], Chunk.Values(Chunk.Model(Id, Chunk.Text("s")), "1, x \n2,  \n", rows: 2)[1]);

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("  ")]
    [InlineData("\" \t\"")]
    public void Any_blank_is_null_in_an_optional_column_of_another_type(string blank)
    {
        foreach (var column in new[] { Chunk.Integer("n"), Chunk.Float("n"), Chunk.Column(
            "n", ColumnType.Boolean, "Bool"), Chunk.Column("n", ColumnType.Timestamp, "DateTime") })
        {
            Assert.Equal([null], Chunk.Values(Chunk.Model(Id, column with { Optional = true }), $"1,{blank}\n")[1]);
            Assert.Equal("NULL_VALUE", Assert.Single(Chunk.Errors(Chunk.Model(Id, column), $"1,{blank}\n")).Error);
        }
    }

    [Fact]
    public void Quotes_and_spaces_around_a_number_do_not_matter() =>
        Assert.Equal(["12.5", "12.5", "12.5", "12.5"],
            Chunk.Values(Chunk.Model(Id, Chunk.Float("n")), "1,12.5\n2,\"12.5\"\n3, 12.5 \n4,\" 12.5\"\n", rows: 4)[1]);

    [Fact]
    public void Texts_with_quotes_line_breaks_and_separators_come_through_whole() =>
        Assert.Equal(
            ["say \"hi\"", "a,b\r\nc", "\"", "a, b"],
            Chunk.Values(Chunk.Model(Id, Chunk.Text("s")), "1,\"say \"\"hi\"\"\"\n2,\"a,b\r\nc\"\n3,\"\"\"\"\n4, \"a, b\"\t\n", rows: 4)[1]);

    [Fact]
    public void Texts_of_every_length_come_through_whole()
    {
        var texts = Enumerable.Range(1, 300).Select(length => new string((char)('a' + length % 26), length)).ToArray();
        Assert.Equal(texts, Chunk.Values(Chunk.Model(Id, Chunk.Text("s")), string.Concat(texts.Select(text => $"1,{text}\n")), rows: 300)[1]);
        var last = new string('z', 20_000);
        Assert.Equal([last], Chunk.Values(Chunk.Model(Id, Chunk.Text("s")), $"1,{last}")[1]);
    }

    [Fact]
    public void A_category_with_a_quote_in_its_name_is_found() =>
        Assert.Equal(
            ["5\" disk", "tape"],
            Chunk.Values(
                Chunk.Model(Id, Chunk.Column("c", ColumnType.Category, "LowCardinality(String)") with { AllowedValues = ["tape", "5\" disk"] }),
                "1,\"5\"\" disk\"\n2,tape\n", rows: 2)[1]);

    [Fact]
    public void Columns_may_come_in_any_order_and_optional_ones_not_at_all()
    {
        using var validator = new Batch.Csv.Validation.ChunkValidator();
        var model = Chunk.Model(Id, Chunk.Text("o") with { Optional = true }, Chunk.Float("a"));
        var chunk = validator.Validate(Chunk.Header(1, [2, -1, 0]), model, "1.5,ignored,7\n"u8.ToArray(), default);
        Assert.Equal(
            [("event_id", "7"), ("a", "1.5"), ("_job_id", "job"), ("_row", "1")],
            NativeReader.Read(chunk.Data!).Select(column => (column.Name, column.Values[0]!)));
    }

    [Fact]
    public void Times_as_PostgreSQL_and_ClickHouse_write_them_are_taken_where_they_have_an_offset()
    {
        var model = Chunk.Model(Chunk.Integer("id"), Chunk.Column("at", ColumnType.Timestamp, "DateTime") with { Iso8601 = true });
        const string csv =
            "1,2024-05-18 15:19:02+00\n2,2024-05-18 15:19:02.25+02\n3,2024-05-18 15:19:02\n4,2024-05-18T15:19:02+0200\n5,2024-05-18 15:19:02+05:30\n6,20240518\n7,2024-05-18T15:19:02.000Z\n";
        var values = Chunk.Values(model, csv, rows: 7);
        Assert.Equal(["1", "4", "5", "7"], values[0]);
        Assert.Equal(["1716045542", "1716038342", "1716025742", "1716045542"], values[1]);
        Assert.Equal([(2L, "PRECISION_LOSS"), (3L, "NOT_A_TIMESTAMP"), (6L, "NOT_A_TIMESTAMP")],
            Chunk.Errors(model, csv, rows: 7).Select(error => ((long)error.Row, error.Error)));
    }

    [Fact]
    public void A_width_of_32_bits_is_rounded_once() =>
        Assert.Equal(
            ["16777216", "0.1", "1E-45"],
            Chunk.Values(Chunk.Model(Chunk.Column("f", ColumnType.Float, "Float32")), "16777217.0\n0.1\n1e-45\n", rows: 3)[0]);

    [Fact]
    public void What_is_not_finite_passes_where_the_schema_allows_it() =>
        Assert.Equal(["NaN", "-Infinity", "Infinity"],
            Chunk.Values(Chunk.Model(Chunk.Float("f") with { AllowNonFinite = true }), "nan\n-inf\nInfinity\n", rows: 3)[0]);
}
