using System.Text;
using Batch.Csv.Inference;
using static Batch.Tests.Schema.Inferences;

namespace Batch.Tests.Schema;

[Trait("Tier", "unit")]
public sealed class SchemaInferenceTests
{
    [Theory]
    [InlineData("INTEGER", "1", "-2", " 3 ", "0")]
    [InlineData("INTEGER", "1", "0", "1", "0")]
    [InlineData("INTEGER UInt64", "0", "18446744073709551615")]
    [InlineData("INTEGER", "-9223372036854775808", "9223372036854775807")]
    [InlineData("STRING", "-1", "18446744073709551615")]
    [InlineData("STRING", "4000123412341234123412", "1")]
    [InlineData("STRING", "01067", "10115")]
    [InlineData("STRING", "+4930123456", "+4930123457")]
    [InlineData("INTEGER", "+1", "-1")]
    [InlineData("FLOAT", "1", "2.5", "-1e-3", ".5")]
    [InlineData("FLOAT", "0.5", "-0.25", "0")]
    [InlineData("STRING", "12345678901234567890123", "1.5")]
    [InlineData("STRING", "1.5", "12345678901234567890123")]
    [InlineData("STRING", "9007199254740993", "1.5")]
    [InlineData("STRING", "1.5", "9007199254740993")]
    [InlineData("FLOAT", "9007199254740992", "1.5")]
    [InlineData("STRING", "0.123456789012345678", "1.000000000000000001")]
    [InlineData("FLOAT", "0.30000000000000004", "1e-07")]
    [InlineData("FLOAT", "1.50", "0.00", "-0.0", "100.0", "5e-324", "1.7976931348623157e+308")]
    [InlineData("STRING", "4.9e-324", "1.5")]
    [InlineData("STRING", "1e-400", "1.5")]
    [InlineData("STRING", "12E4", "13E5", "120E2")]
    [InlineData("STRING", "12E4", "1.5")]
    [InlineData("STRING", "0047583311587E590003", "12E4")]
    [InlineData("FLOAT", "1.2E4", "-1e+05", "3")]
    [InlineData("STRING", "[0.123456789012345678]", "[1.5]")]
    [InlineData("FLOAT NaN", "1.5", "NaN", "-inf")]
    [InlineData("STRING", "NaN", "inf")]
    [InlineData("STRING", "1", "2", "N/A")]
    [InlineData("BOOLEAN", "true", "FALSE", "0", "1")]
    [InlineData("STRING", "yes", "no")]
    [InlineData("TIMESTAMP ISO", "2024-05-18T15:19:02Z", "2024-05-18 15:19:02+02:00")]
    [InlineData("STRING", "2024-05-18T15:19:02Z", "1716045542")]
    [InlineData("STRING", "2024-05-18", "2024-05-19")]
    [InlineData("STRING", "1969-12-31T23:59:59Z", "2024-05-18T15:19:02Z")]
    [InlineData("VECTOR 2", "\"[1, 2.5]\"", "\"[3,4]\"")]
    [InlineData("VECTOR", "\"[1, 2.5]\"", "[3]", "[]")]
    [InlineData("STRING", "\"[1, \"\"a\"\"]\"", "[3]")]
    [InlineData("INTEGER?", "1", "", "3")]
    [InlineData("INTEGER?", "1", "  ", "3")]
    [InlineData("STRING?", "a", "\"\"")]
    [InlineData("STRING?", "", "")]
    [InlineData("INTEGER", "\"7\"", "\"8\"")]
    public async Task The_narrowest_type_that_accepts_every_value_is_suggested(string expected, params string[] values) =>
        Assert.Equal(expected, Short((await ColumnAsync("x", values)).Column));

    [Theory]
    [InlineData("TIMESTAMP", "1716045542", "0")]
    [InlineData("TIMESTAMP?", "1716045542", "")]
    [InlineData("TIMESTAMP?", "", "")]
    [InlineData("STRING", "1716045542", "2024-05-18T15:19:02Z")]
    [InlineData("INTEGER", "1716045542000", "1716045543000")]
    [InlineData("STRING", "yesterday", "today")]
    public async Task Seconds_are_a_timestamp_only_in_the_column_of_that_name(string expected, params string[] values) =>
        Assert.Equal(expected, Short((await ColumnAsync("timestamp", values)).Column));

    [Fact]
    public async Task A_text_of_few_values_that_come_again_and_again_is_a_category()
    {
        static string[] Colors(int rows) => [.. Enumerable.Range(0, rows).Select(i => i % 3 == 0 ? "red" : i % 3 == 1 ? "blue" : "it's")];
        var found = await ColumnAsync("x", Colors(120));
        Assert.Equal("CATEGORY", Short(found.Column));
        Assert.Equal(["blue", "it's", "red"], found.Evidence.Categories);
        Assert.Equal("STRING", Short((await ColumnAsync("x", Colors(99))).Column));
        Assert.Equal("CATEGORY?", Short((await ColumnAsync("x", [.. Colors(120), ""])).Column));
    }

    [Fact]
    public async Task The_set_of_a_category_is_closed_only_where_that_is_asked_for()
    {
        var csv = "id,x\n" + string.Concat(Enumerable.Range(0, 120).Select(i => $"{i},{(i % 2 == 0 ? "red" : "blue")}\n"));
        Assert.Equal("CATEGORY blue|red", Short((await InferAsync(csv, new() { ClosedCategories = true })).Columns[1].Column));
        Assert.Equal("CATEGORY", Short((await InferAsync(csv)).Columns[1].Column));
    }

    [Fact]
    public async Task A_text_of_many_or_rarely_repeated_values_is_a_string()
    {
        static string[] Values(int distinct, int rows) => [.. Enumerable.Range(0, rows).Select(i => $"v{i % distinct}")];
        Assert.Equal("CATEGORY", Short((await ColumnAsync("x", Values(32, 32 * 20))).Column));
        Assert.Equal("STRING", Short((await ColumnAsync("x", Values(32, 32 * 20 - 1))).Column));
        Assert.Equal("STRING", Short((await ColumnAsync("x", Values(33, 33 * 20))).Column));
        Assert.Equal("STRING", Short((await ColumnAsync("event_id", Values(3, 300))).Column));
    }

    [Fact]
    public async Task The_evidence_names_the_row_and_value_that_ruled_the_narrower_type_out()
    {
        var evidence = (await ColumnAsync("x", "7", "", "3.5", "7", "-1")).Evidence;
        Assert.Equal((4, 1, 2L), (evidence.Values, evidence.Blanks, evidence.FirstBlankRow));
        Assert.Equal((3, false), (evidence.Distinct, evidence.MoreDistinct));
        Assert.Equal(["7", "3.5", "-1"], evidence.Samples);
        Assert.Equal(("-1", "7"), (evidence.Minimum, evidence.Maximum));
        Assert.Equal(new RuledOut("INTEGER", 3, "3.5", "not a whole number", 1), evidence.RuledOut[0]);
    }

    [Fact]
    public async Task A_bad_row_in_a_hundred_does_not_decide_and_is_reported()
    {
        static string[] Values(int bad) => [.. Enumerable.Range(1, 500).Select(i => i >= 400 && i < 400 + bad ? "n/a" : $"{i}")];
        var found = await ColumnAsync("x", Values(bad: 5));
        Assert.Equal("INTEGER", Short(found.Column));
        Assert.Equal(new RuledOut("INTEGER", 400, "n/a", "not a whole number", 5), found.Misfits);
        Assert.Equal("STRING", Short((await ColumnAsync("x", Values(bad: 6))).Column));
        // Which rows they are does not matter.
        Assert.Equal("INTEGER", Short((await ColumnAsync("x", [.. Values(bad: 5).Reverse()])).Column));

        var schema = await InferAsync("id,x\n" + string.Concat(Values(bad: 5).Select((value, i) => $"r{i},{value}\n")));
        Assert.Equal((500, 0, 5), (schema.Rows, schema.RejectedRows, schema.MisfitRows));
        Assert.Equal(
            "5 rows have values in 'x' that do not fit INTEGER and would be rejected; the first is row 400: 'n/a', not a whole number.",
            Assert.Single(schema.Notes));
    }

    [Fact]
    public async Task In_a_file_below_a_hundred_rows_every_row_decides()
    {
        Assert.Equal("STRING", Short((await ColumnAsync("x", [.. Enumerable.Range(1, 98).Select(i => $"{i}"), "n/a"])).Column));
        Assert.Equal("INTEGER", Short((await ColumnAsync("x", [.. Enumerable.Range(1, 99).Select(i => $"{i}"), "n/a"])).Column));
    }

    [Fact]
    public async Task Bad_rows_of_all_columns_together_are_at_most_one_in_a_hundred()
    {
        // Of 300 rows three may be bad: one for a, two for c; then there is no room for the two of b.
        var schema = await InferAsync("id,a,b,c\n" + string.Concat(Enumerable.Range(0, 300).Select(i =>
            $"r{i},{(i == 10 ? "x" : i)},{(i is 20 or 21 or 22 ? "x" : i)},{(i is 30 or 31 ? "x" : i)}\n")));
        Assert.Equal(["STRING", "INTEGER", "STRING", "INTEGER"], schema.Columns.Select(c => Short(c.Column)));
        Assert.Equal(3, schema.MisfitRows);
    }

    [Fact]
    public async Task A_type_that_takes_every_value_comes_before_a_narrower_one_that_does_not() =>
        Assert.Equal("FLOAT", Short((await ColumnAsync("x", [.. Enumerable.Range(1, 200).Select(i => i == 77 ? "3.5" : $"{i}")])).Column));

    [Fact]
    public async Task A_value_that_would_be_changed_rules_a_type_out_however_few_there_are()
    {
        static string[] Values(string odd) => [.. Enumerable.Range(1, 1_000).Select(i => i == 500 ? odd : $"{i}")];
        Assert.Equal("STRING", Short((await ColumnAsync("x", Values("0800"))).Column));
        Assert.Equal("STRING", Short((await ColumnAsync("x", [.. Values("12E4").Select(v => v + (v == "12E4" ? "" : ".5"))])).Column));
        // A number of which no 64 bits hold the digits is rejected, not rounded.
        Assert.Equal("INTEGER", Short((await ColumnAsync("x", Values("4000123412341234123412"))).Column));
    }

    [Fact]
    public async Task Lists_that_could_not_stand_in_one_table_are_texts()
    {
        var schema = await InferAsync("id,n.a,n.b\nx,[1],\"[2,3]\"\ny,[4],[5]\n");
        Assert.Equal(["STRING", "STRING", "STRING"], schema.Columns.Select(c => Short(c.Column)));
        Assert.Contains("'n.b' cannot stand beside 'n.a'", Assert.Single(schema.Notes), StringComparison.Ordinal);
        Assert.Equal(3, Parse(schema.ToJsonSchema()).Columns.Count);
        Assert.Equal("VECTOR 1", Short((await InferAsync("id,n.a\nx,[1]\ny,[4]\n")).Columns[1].Column));
    }

    [Fact]
    public async Task An_unquoted_backslash_N_is_no_value_and_a_quoted_one_is_text()
    {
        Assert.Equal("INTEGER?", Short((await ColumnAsync("x", "1", "\\N", "3")).Column));
        Assert.Equal("STRING", Short((await ColumnAsync("x", "1", "\"\\N\"", "3")).Column));
    }

    [Fact]
    public async Task Values_in_the_evidence_are_cut_between_characters()
    {
        var sample = Assert.Single((await ColumnAsync("x", "a" + new string('é', 100_000))).Evidence.RuledOut.Select(r => r.Value).Distinct());
        Assert.Equal("a" + new string('é', 127), sample);
    }

    [Fact]
    public async Task A_row_with_fewer_or_more_fields_or_the_header_line_again_is_rejected_whatever_the_schema()
    {
        var schema = await InferAsync("a,b,c\n1,2,3\n1\na,b,c\n4,5,6,7\n");
        Assert.Equal(["INTEGER", "INTEGER", "INTEGER"], schema.Columns.Select(c => Short(c.Column)));
        Assert.Equal((4, 3), (schema.Rows, schema.RejectedRows));
        Assert.Equal(["EXTRA_COLUMN", "FIELD_COUNT", "REPEATED_HEADER"],
            schema.Notes.Select(note => note[(note.IndexOf('(', StringComparison.Ordinal) + 1)..].Split(',', ')')[0]));
    }

    [Fact]
    public async Task Rows_that_no_schema_could_accept_are_left_out_and_named()
    {
        var csv = Encoding.Latin1.GetBytes($"event_id,b\n1,2\n\"3\"x,x\n4,\u00e9\n5,6,7\n{new string('8', 200)},z\n,9\n");
        var schema = await InferAsync(csv, new() { MaxRowBytes = 100 });
        Assert.Equal(["INTEGER", "INTEGER"], schema.Columns.Select(c => Short(c.Column)));
        Assert.Equal((6, 5), (schema.Rows, schema.RejectedRows));
        Assert.Equal(
            [
                "1 row has quotes that do not match (MALFORMED_QUOTES) and will be rejected under any schema; the first is row 2.",
                "1 row has more bytes than a row may have (ROW_TOO_LONG) and will be rejected under any schema; the first is row 5.",
                "1 row has bytes that are not UTF-8 text (INVALID_ENCODING) and will be rejected under any schema; the first is row 3.",
                "1 row has more fields than the header line (EXTRA_COLUMN) and will be rejected under any schema; the first is row 4.",
                "1 row has no event_id (INVALID_EVENT_ID) and will be rejected under any schema; the first is row 6.",
            ], schema.Notes);
    }

    [Fact]
    public async Task A_NUL_far_down_in_the_file_is_no_text_either()
    {
        var schema = await InferAsync("a,b\n" + string.Concat(Enumerable.Repeat("1,2\n", 40_000)) + "x\0,2\n");
        Assert.Equal(("INTEGER", 1), (Short(schema.Columns[0].Column), schema.RejectedRows));
    }

    [Fact]
    public async Task Times_with_fractions_of_a_second_stay_text_because_a_timestamp_does_not_keep_them()
    {
        var found = await ColumnAsync("t", "2024-05-18T15:19:02Z", "2024-05-18T15:19:02.5Z");
        Assert.Equal("STRING", Short(found.Column));
        Assert.Contains(new RuledOut("TIMESTAMP", 2, "2024-05-18T15:19:02.5Z", "has a fraction of a second, which a TIMESTAMP does not keep", 1),
            found.Evidence.RuledOut);
        Assert.Equal("TIMESTAMP ISO", Short((await ColumnAsync("t", "2024-05-18T15:19:02Z", "2024-05-18T15:19:02.000Z")).Column));
    }

    [Fact]
    public async Task A_large_file_is_read_in_constant_memory()
    {
        // 16 MiB of rows out of a stream that holds a few bytes; the budget is two chunks. Texts, because reading numbers allocates
        // in an unoptimised build (RuntimeHelpers.CreateSpan), which is not what this is about.
        static RepeatingStream File(int bytes) => new("event_id,note\n"u8.ToArray(), "abcdefghijklmnopqrstuvwxyz,some words\n\"xyz\",\n"u8.ToArray(), bytes);
        await SchemaInference.InferAsync(File(1 << 20), new(), CancellationToken.None);

        // Other tests allocate at the same time, on other threads: this one stays on its own, since its stream never waits.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var inference = SchemaInference.InferAsync(File(16 << 20), new(), CancellationToken.None);
        Assert.True(inference.IsCompleted);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True((await inference).Rows > 600_000);
        Assert.True(allocated < 12 << 20, $"{allocated:N0} bytes allocated");
    }
}
