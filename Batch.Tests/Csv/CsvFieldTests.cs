using System.Text;
using Batch.Core.Csv;
using Xunit;

namespace Batch.Tests.Csv;

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
        Assert.Equal(value, Encoding.UTF8.GetString(CsvField.Unquote(Encoding.UTF8.GetBytes(field), scratch)));
    }

    [Fact]
    public void Nothing_is_copied_where_no_quote_is_doubled()
    {
        Assert.Equal("a,b"u8, CsvField.Unquote("\"a,b\""u8, []));
    }

    [Fact]
    public void Only_a_first_quote_makes_a_field_quoted()
    {
        Assert.True(CsvField.IsQuoted("\"\""u8));
        Assert.False(CsvField.IsQuoted("a\""u8));
        Assert.False(CsvField.IsQuoted([]));
    }
}
