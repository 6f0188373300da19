using System.Buffers;
using System.Text;
using Batch.Csv;
using Batch.Csv.Export;

namespace Batch.Tests.Rejected;

[Trait("Tier", "unit")]
public sealed class RejectedCsvWriterTests
{
    static byte[] Written(char delimiter, Action<RejectedCsvWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(new RejectedCsvWriter(output, new CsvDialect((byte)delimiter)));
        return output.WrittenSpan.ToArray();
    }

    [Fact]
    public void A_row_comes_byte_for_byte_behind_its_number_and_all_of_its_errors()
    {
        byte[] notUtf8 = [(byte)'"', 0xFF, (byte)';', (byte)',', (byte)'x'];

        var csv = Written(';', output =>
        {
            output.WriteHeader("id;\"na;me\""u8);
            output.AddError("id", "NOT_AN_INTEGER", "Say \"1\"; not x.");
            output.AddError("na;me", "NULL_VALUE", "Blank.");
            output.WriteRow(1_234_567, notUtf8);
            output.WriteRow(2, ""u8);
        });

        Assert.Equal(
            [.. "_row;_errors;id;\"na;me\"\n1234567;\"id: NOT_AN_INTEGER. Say \"\"1\"\"; not x. | na;me: NULL_VALUE. Blank.\";"u8,
                .. notUtf8, .. "\n2;\"\";\n"u8],
            csv);
    }

    [Fact]
    public void The_errors_of_a_row_are_one_line_of_bounded_length()
    {
        var csv = Encoding.UTF8.GetString(Written(',', output =>
        {
            output.AddError("a\nb", "EXTRA_COLUMN", new string('x', 3970));
            output.AddError("c", "NULL_VALUE", "The last one.");
            output.AddError("d", "NULL_VALUE", "Too many.");
            output.WriteRow(1, "x"u8);
        }));

        Assert.StartsWith("1,\"a b: EXTRA_COLUMN. xxx", csv);
        Assert.EndsWith("x | c: NULL_VALUE. The last one.\",x\n", csv);
    }

    [Fact]
    public void Errors_of_a_row_that_is_skipped_do_not_come_before_the_next()
    {
        var csv = Written(',', output =>
        {
            output.AddError("a", "NULL_VALUE", "Blank.");
            output.Skip();
            output.WriteRow(2, "x"u8);
        });

        Assert.Equal("2,\"\",x\n", Encoding.UTF8.GetString(csv));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData(" a b ", " a b ")]
    [InlineData("a,b", "a,b")]
    [InlineData("a;b", "\"a;b\"")]
    [InlineData("say \"a\"", "\"say \"\"a\"\"\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("a\rb", "\"a\rb\"")]
    public void A_field_is_in_quotes_only_where_it_must_be(string text, string field) =>
        Assert.Equal(field, Encoding.UTF8.GetString(new CsvDialect((byte)';').FieldOf(text)));
}
