using System.Text;
using Batch.Csv;

namespace Batch.Tests.Csv;

/// <summary>The grammar by example; both tokenizers have to agree with each.</summary>
[Trait("Tier", "unit")]
public sealed class CsvGrammarTests
{
    [Theory]
    [InlineData("a,b\nc,d\n", "1:a|b 2:c|d")]
    [InlineData("a,b\r\nc,d\r\n", "1:a|b 2:c|d")]
    [InlineData("a,b\rc,d\r", "1:a|b 2:c|d")]
    [InlineData("\n\na\n\r\n\r\nb\n", "3:a 6:b")]
    [InlineData(",\n", "1:|")]
    [InlineData("a,,\n", "1:a||")]
    [InlineData("\"a,b\",c\n", "1:\"a,b\"|c")]
    [InlineData("\"say \"\"hi\"\"\",c\nd\n", "1:\"say \"\"hi\"\"\"|c 2:d")]
    [InlineData("\"two\nlines\",c\nd\n", "1:\"two\nlines\"|c 3:d")]
    [InlineData("\"two\r\nlines\",c\r\nd\r\n", "1:\"two\r\nlines\"|c 3:d")]
    [InlineData("\"\"\nx\n", "1:\"\" 2:x")]
    [InlineData("\"\"\"\"\nx\n", "1:\"\"\"\" 2:x")]
    [InlineData(" \n", "1: ")]
    [InlineData(" \"a\",b\n", "1: \"a\"|b")]
    [InlineData("1, \"a, b\" ,2\n", "1:1| \"a, b\" |2")]
    [InlineData("1,\t\"a\nb\"  \r\n2\r\n", "1:1|\t\"a\nb\"   3:2")]
    [InlineData(" \"\" , x ,y \n", "1: \"\" | x |y ")]
    public void Well_formed_rows(string text, string expected) => Check(text, expected);

    [Theory]
    [InlineData("5\" pipe,3\"\"\nx\n", "1:5\" pipe|3\"\" 2:x")]
    [InlineData(" \"a\",b\n", "1: \"a\"|b")]
    [InlineData("\"a,b\",5\"\n", "1:\"a,b\"|5\"")]
    [InlineData("\"a\" ,c\nd\n", "1!\"a\" ,c 2:d")]
    [InlineData("\"a\"b,c\nd\n", "1!\"a\"b,c 2:d")]
    public void Literal_quotes_inside_a_field_are_text_and_those_around_it_are_not(string text, string expected) =>
        Check(text, expected, CsvDialect.Default with { Quotes = QuoteRule.Literal });

    [Theory]
    [InlineData("1\n\n3\n\n5\n", "1:1 2: 3:3 4: 5:5")]
    [InlineData("\n\n", "1: 2:")]
    [InlineData("\r\n\r\na\r\n", "1: 2: 3:a")]
    [InlineData("a\r\rb\r", "1:a 2: 3:b")]
    [InlineData("\"a\n\nb\"\n\nc\n", "1:\"a\n\nb\" 4: 5:c")]
    [InlineData("a\"b\n\n", "1!a\"b 2:")]
    [InlineData("a,b\n\n", "1:a|b 2:")]
    public void In_a_file_of_one_column_a_blank_line_is_a_row(string text, string expected) =>
        Check(text, expected, CsvDialect.Default with { IsOneColumn = true });

    [Fact]
    public void A_tab_that_separates_is_no_padding() =>
        Check("\t\"a\"\t \"b\"\n", "1:|\"a\"| \"b\"", new CsvDialect((byte)'\t'), tail: "tail\t1\n");

    [Theory]
    [InlineData("\"a\"b,c\nd\n", "1!\"a\"b,c 2:d")]
    [InlineData("\"a\" b,c\nd\n", "1!\"a\" b,c 2:d")]
    [InlineData("\"a\" \"b\",c\nd\n", "1!\"a\" \"b\",c 2:d")]
    [InlineData("5\" pipe,c\nd\n", "1!5\" pipe,c 2:d")]
    [InlineData("c,pipe of 5\"\nd\n", "1!c,pipe of 5\" 2:d")]
    [InlineData("a,b\"\"c\nd,\"e\"\n", "1!a,b\"\"c 2:d|\"e\"")]
    [InlineData("x,\"a\"\"b\"c\nd\n", "1!x,\"a\"\"b\"c 2:d")]
    [InlineData("\"open\n\"a\"\n", "1!\"open 2:\"a\"")]
    [InlineData("ok\nx,\"a\"b\r\nd\r\n", "1:ok 2!x,\"a\"b 3:d")]
    public void Wrong_quotes_cost_one_line(string text, string expected) => Check(text, expected);

    [Fact]
    public void A_quote_that_never_closes_costs_one_line() => Check("a\nb,\"c\nd\ne\n", "1:a 2!b,\"c 3:d 4:e");

    [Fact]
    public void The_last_row_needs_no_line_break()
    {
        foreach (var read in Readers(CsvDialect.Default))
        {
            Assert.Equal("1:a 2:b|c", Read(read, "a\nb,c", out _));
            Assert.Equal("1:a 2:\"b\nc\"", Read(read, "a\n\"b\nc\"", out _));
            Assert.Equal("1:a 2!\"b", Read(read, "a\n\"b", out _));
            Assert.Equal("1:a 2:b|", Read(read, "a\nb,", out _));
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(10)]
    public void A_row_may_be_as_long_as_the_limit_and_no_longer(int limit)
    {
        var dialect = new CsvDialect((byte)',', limit);
        var (fits, longer) = (new string('x', limit), new string('x', limit + 1));
        foreach (var read in Readers(dialect))
        {
            Assert.Equal($"1:{fits} 2:a", Read(read, $"{fits}\na\n", out _));
            Assert.Equal($"1?{longer} 2:a", Read(read, $"{longer}\na\n", out _));
            Assert.Equal($"1?{longer} 2:a", Read(read, $"{longer}yyyyyyyyyyyyyyyyyyyyyyy\na\n", out _));
            Assert.Equal($"1?{longer}", Read(read, longer, out _));
        }
    }

    [Fact]
    public void A_quoted_row_may_span_lines_up_to_the_limit_and_no_longer()
    {
        var dialect = new CsvDialect((byte)',', 100);
        var (fits, longer) = ($"\"x\n{new string('y', 96)}\"", $"\"x\n{new string('y', 97)}\"");
        foreach (var read in Readers(dialect))
        {
            Assert.Equal($"1:{fits} 3:a", Read(read, $"{fits}\na\n", out _));
            Assert.Equal($"1!\"x 2!{new string('y', 97)}\" 3:a", Read(read, $"{longer}\na\n", out _));
        }
    }

    [Fact]
    public void A_row_may_have_more_fields_than_a_batch()
    {
        var wide = string.Join(',', Enumerable.Range(0, 50_000));
        foreach (var read in Readers(CsvDialect.Default))
            Assert.Equal($"1:a 2:{wide.Replace(',', '|')} 3:b", Read(read, $"a\n{wide}\nb\n", out _));
    }

    [Fact]
    public void Lines_count_on_from_what_the_caller_says()
    {
        foreach (var read in Readers(CsvDialect.Default))
        {
            var line = 7;
            var batch = new RowBatch();
            read("a\r\n\"b\rc\"\nd\n"u8, 0, ref line, batch);
            Assert.Equal([7, 8, 10], batch.Rows[..batch.RowCount].Select(row => row.Line));
            Assert.Equal(11, line);
        }
    }

    static void Check(string text, string expected) => Check(text, expected, CsvDialect.Default);

    static void Check(string text, string expected, CsvDialect dialect, string tail = "tail,1\n")
    {
        foreach (var read in Readers(dialect))
        {
            Assert.Equal(expected, Read(read, text, out var lines));
            // Where a row starts far enough from the end, the tokenizer works on blocks; the tail makes it so.
            var rest = string.Concat(Enumerable.Range(0, 30).Select(i => $" {lines + i + 1}:tail|1"));
            Assert.Equal(expected + rest, Read(read, text + string.Concat(Enumerable.Repeat(tail, 30)), out _));
        }
    }

    static CsvGarbage.Read[] Readers(CsvDialect dialect) =>
        [new ScalarCsvTokenizer(dialect).Read, new CsvTokenizer(dialect, isScalar: false).Read, new CsvTokenizer(dialect, isScalar: true).Read];

    /// <summary>line:field|field for a good row, line!row for wrong quotes, line?row for one too long.</summary>
    static string Read(CsvGarbage.Read read, string text, out int line)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var batch = new RowBatch();
        var rows = new List<string>();
        line = 0;
        for (var offset = 0; offset < bytes.Length;)
        {
            offset = read(bytes, offset, ref line, batch);
            foreach (var row in batch.Rows[..batch.RowCount])
                rows.Add($"{row.Line + 1}{Mark(row.Fault)}{Text(bytes, batch, row)}");
        }
        return string.Join(' ', rows);
    }

    static char Mark(RowFault fault) => fault switch { RowFault.None => ':', RowFault.MalformedQuotes => '!', _ => '?' };

    static string Text(byte[] bytes, RowBatch batch, RowSpan row)
    {
        if (row.Fault != RowFault.None)
            return Encoding.UTF8.GetString(bytes[row.Start..row.End]);
        var ends = batch.FieldEnds.AsSpan(row.FirstField, row.FieldCount).ToArray();
        return string.Join('|', ends.Select((end, i) => Encoding.UTF8.GetString(bytes[(i == 0 ? row.Start : ends[i - 1] + 1)..end])));
    }
}
