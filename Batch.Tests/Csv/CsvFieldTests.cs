using System.Text;
using Batch.Csv;

namespace Batch.Tests.Csv;

[Trait("Tier", "unit")]
public sealed class CsvFieldTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("5\" pipe", "5\" pipe")]
    [InlineData("\"\"", "")]
    [InlineData("\"a\"", "a")]
    [InlineData("\"\"\"\"", "\"")]
    [InlineData("\"\"\"a\"\"\"", "\"a\"")]
    [InlineData("\"say \"\"hi\"\" twice \"\"\"\"\"", "say \"hi\" twice \"\"")]
    public void Quotes_come_off(string field, string value)
    {
        var scratch = new byte[Math.Max(0, field.Length - 2)];
        Assert.Equal(value, Encoding.UTF8.GetString(CsvField.Unquote(Encoding.UTF8.GetBytes(field), CsvDialect.Default, scratch)));
    }

    [Fact]
    public void Nothing_is_copied_where_no_quote_is_doubled()
    {
        Assert.Equal("a,b"u8, CsvField.Unquote("\"a,b\""u8, CsvDialect.Default, []));
    }

    [Theory]
    [InlineData("\"\"", "\"\"")]
    [InlineData(" \"a\"\t ", "\"a\"")]
    [InlineData("a", "")]
    [InlineData("  ", "")]
    [InlineData("", "")]
    public void Spaces_and_tabs_around_the_quotes_do_not_count(string field, string quoted) =>
        Assert.Equal(quoted, Encoding.UTF8.GetString(CsvField.Quoted(Encoding.UTF8.GetBytes(field), CsvDialect.Default)));

    [Theory]
    [InlineData("\"a\"", "\"a\"")]
    [InlineData(" \"a\"", "")]
    [InlineData("a\"", "")]
    public void With_literal_quotes_only_a_first_quote_makes_a_field_quoted(string field, string quoted) => Assert.Equal(
        quoted, Encoding.UTF8.GetString(CsvField.Quoted(Encoding.UTF8.GetBytes(field), CsvDialect.Default with { Quotes = QuoteRule.Literal })));
}
