using System.Text;
using Batch.Core.Csv;
using Xunit;

namespace Batch.Tests.Csv;

/// <summary>The grammar by example; both tokenizers have to agree with each.</summary>
public sealed class CsvGrammarTests
{
    // Where a row starts far enough from the end, the tokenizer works on blocks; the tail makes it so.
    static readonly string Tail = string.Concat(Enumerable.Repeat("tail,1\n", 30));

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
    [InlineData("5\" pipe,3\"\"\nx\n", "1:5\" pipe|3\"\" 2:x")]
    [InlineData(" \"a\",b\n", "1: \"a\"|b")]
    [InlineData(" \n", "1: ")]
    public void Well_formed_rows(string text, string expected) => Check(text, expected);

    [Theory]
    [InlineData("\"a\"b,c\nd\n", "1!\"a\"b,c 2:d")]
    [InlineData("\"a\" ,c\nd\n", "1!\"a\" ,c 2:d")]
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
            Assert.Equal($"1!\"x 2:{new string('y', 97)}\" 3:a", Read(read, $"{longer}\na\n", out _));
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

    static void Check(string text, string expected)
    {
        foreach (var read in Readers(CsvDialect.Default))
        {
            Assert.Equal(expected, Read(read, text, out var lines));
            var tail = string.Concat(Enumerable.Range(0, 30).Select(i => $" {lines + i + 1}:tail|1"));
            Assert.Equal(expected + tail, Read(read, text + Tail, out _));
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
