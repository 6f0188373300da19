using System.Globalization;
using System.Numerics;
using System.Text;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Native;
using Batch.Csv.Validation.Parsing;

namespace Batch.Tests.Validation;

[Trait("Tier", "unit")]
public sealed class FieldParserTests
{
    [Fact]
    public void A_million_random_integers_of_every_length_agree_with_big_integers()
    {
        var random = new Random(1);
        Span<byte> text = stackalloc byte[64];
        for (var i = 0; i < 1_000_000; i++)
        {
            var length = 0;
            if (random.Next(4) == 0)
                text[length++] = random.Next(2) == 0 ? (byte)'-' : (byte)'+';
            for (var digits = random.Next(1, 24); digits > 0; digits--)
                text[length++] = (byte)('0' + random.Next(10));
            var expected = BigInteger.Parse(Encoding.ASCII.GetString(text[..length]), CultureInfo.InvariantCulture);

            var verdict = FieldParsers.Integer(text[..length], out var negative, out var magnitude);
            Assert.Equal(BigInteger.Abs(expected) > ulong.MaxValue ? ParseOutcome.OutOfRange : ParseOutcome.Ok, verdict);
            if (verdict != ParseOutcome.Ok)
                continue;
            Assert.Equal(BigInteger.Abs(expected), magnitude);
            Assert.Equal(text[0] == '-', negative);
        }
    }

    [Fact]
    public void One_byte_that_is_no_digit_is_found_wherever_it_stands()
    {
        var text = new byte[19];
        for (var length = 1; length <= text.Length; length++)
            for (var at = 0; at < length; at++)
                for (var b = 0; b < 256; b++)
                {
                    text.AsSpan(0, length).Fill((byte)'1');
                    text[at] = (byte)b;
                    var expected = b is >= '0' and <= '9' || (length > 1 && at == 0 && b is '-' or '+')
                        || (b is ' ' or '\t' && length > 1 && (at == 0 || at == length - 1))
                        ? ParseOutcome.Ok
                        : length == 1 && b is ' ' or '\t' ? ParseOutcome.Blank : ParseOutcome.Malformed;
                    Assert.Equal(expected, FieldParsers.Integer(text.AsSpan(0, length), out _, out _));
                    Assert.Equal(b == '.' && length > 1 ? ParseOutcome.Ok : b is 'e' or 'E' && at > 0 && at < length - 1 ? ParseOutcome.Ok : expected,
                        Finite(FieldParsers.Float64(text.AsSpan(0, length), out _)));
                }

        // "1111e1111" is a number, if a large one.
        static ParseOutcome Finite(ParseOutcome verdict) => verdict == ParseOutcome.OutOfRange ? ParseOutcome.Ok : verdict;
    }

    [Theory]
    [InlineData("18446744073709551615", ParseOutcome.Ok)]
    [InlineData("18446744073709551616", ParseOutcome.OutOfRange)]
    [InlineData("-99999999999999999999999999999999999999999999999999", ParseOutcome.OutOfRange)]
    [InlineData("99999999999999999999999999999999999999999999999999x", ParseOutcome.Malformed)]
    [InlineData("000000000000000000000000000000000000042", ParseOutcome.Ok)]
    [InlineData("", ParseOutcome.Blank)]
    [InlineData(" \t ", ParseOutcome.Blank)]
    [InlineData(" 42 ", ParseOutcome.Ok)]
    [InlineData("3.14", ParseOutcome.Malformed)]
    [InlineData("1e3", ParseOutcome.Malformed)]
    [InlineData("4 2", ParseOutcome.Malformed)]
    [InlineData("- 42", ParseOutcome.Malformed)]
    [InlineData("+", ParseOutcome.Malformed)]
    public void Whole_numbers(string text, ParseOutcome expected) =>
        Assert.Equal(expected, FieldParsers.Integer(Encoding.UTF8.GetBytes(text), out _, out _));

    [Theory]
    [InlineData("true", true)]
    [InlineData("TRUE", true)]
    [InlineData("tRuE", true)]
    [InlineData("1", true)]
    [InlineData(" 1 ", true)]
    [InlineData("False", false)]
    [InlineData("falsE", false)]
    [InlineData("0", false)]
    public void Booleans(string text, bool expected)
    {
        Assert.Equal(ParseOutcome.Ok, FieldParsers.Boolean(Encoding.UTF8.GetBytes(text), out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("maybe")]
    [InlineData("2")]
    [InlineData("yes")]
    [InlineData("t")]
    [InlineData("10")]
    [InlineData("truE1")]
    [InlineData("tru\u0005")]
    [InlineData("\u0014rue")]
    [InlineData("1.0")]
    public void No_booleans(string text) => Assert.Equal(ParseOutcome.Malformed, FieldParsers.Boolean(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("0", ParseOutcome.Ok)]
    [InlineData("4294967295", ParseOutcome.Ok)]
    [InlineData("4294967296", ParseOutcome.OutOfRange)]
    [InlineData("-1", ParseOutcome.OutOfRange)]
    [InlineData("-0", ParseOutcome.Ok)]
    [InlineData("1716045542.5", ParseOutcome.Malformed)]
    [InlineData("yesterday", ParseOutcome.Malformed)]
    public void Unix_seconds(string text, ParseOutcome expected) =>
        Assert.Equal(expected, FieldParsers.UnixSeconds(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0u)]
    [InlineData("2024-05-18T15:19:02Z", 1716045542u)]
    [InlineData("2024-05-18t15:19:02z", 1716045542u)]
    [InlineData("2024-05-18 15:19:02.000Z", 1716045542u)]
    [InlineData("2024-05-18 15:19:02+00", 1716045542u)]
    [InlineData("2024-05-18T17:19:02+0200", 1716045542u)]
    [InlineData("2024-05-18 20:49:02+05:30", 1716045542u)]
    [InlineData("2024-05-18T17:19:02+02:00", 1716045542u)]
    [InlineData("2024-05-18T11:49:02-03:30", 1716045542u)]
    [InlineData(" 2024-05-18T15:19:02Z ", 1716045542u)]
    [InlineData("2024-02-29T00:00:00Z", 1709164800u)]
    [InlineData("2016-12-31T23:59:60Z", 1483228800u)]
    [InlineData("1969-12-31T23:00:00-01:00", 0u)]
    [InlineData("2106-02-07T06:28:15Z", uint.MaxValue)]
    public void Date_times(string text, uint expected)
    {
        Assert.Equal(ParseOutcome.Ok, FieldParsers.Iso8601(Encoding.UTF8.GetBytes(text), out var seconds));
        Assert.Equal(expected, seconds);
    }

    [Theory]
    [InlineData("", ParseOutcome.Blank)]
    [InlineData("2023-01-01", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:00", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00Z", ParseOutcome.Malformed)]
    [InlineData("2023-02-29T00:00:00Z", ParseOutcome.Malformed)]
    [InlineData("2023-13-01T00:00:00Z", ParseOutcome.Malformed)]
    [InlineData("2023-00-01T00:00:00Z", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T24:00:00Z", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:60:00Z", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:60Z", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:00.Z", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:00+2", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:00+02:0", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:00+02-00", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:00+2400", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:00.000", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:00.5 o'clock", ParseOutcome.Malformed)]
    [InlineData("20240518", ParseOutcome.Malformed)]
    [InlineData("1716045542", ParseOutcome.Malformed)]
    [InlineData("2024-05-18T15:19:02.100Z", ParseOutcome.PrecisionLoss)]
    [InlineData("2024-05-18 15:19:02.25+02", ParseOutcome.PrecisionLoss)]
    [InlineData("2024-05-18T15:19:02.000000001+0200", ParseOutcome.PrecisionLoss)]
    [InlineData("2024-05-18 15:19:02.5", ParseOutcome.PrecisionLoss)]
    [InlineData("2206-02-07T06:28:16.5Z", ParseOutcome.OutOfRange)]
    [InlineData("2023-01-01T00:00:00+24:00", ParseOutcome.Malformed)]
    [InlineData("2023-01-01T00:00:00Zulu", ParseOutcome.Malformed)]
    [InlineData("20230101T000000000000Z", ParseOutcome.Malformed)]
    [InlineData("2o23-01-01T00:00:00Z", ParseOutcome.Malformed)]
    [InlineData("1969-12-31T23:59:59Z", ParseOutcome.OutOfRange)]
    [InlineData("1970-01-01T00:00:00+00:01", ParseOutcome.OutOfRange)]
    [InlineData("2106-02-07T06:28:16Z", ParseOutcome.OutOfRange)]
    public void No_date_times(string text, ParseOutcome expected) =>
        Assert.Equal(expected, FieldParsers.Iso8601(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("1970-01-01 00:00:00", ParseOutcome.Ok, 0u)]
    [InlineData("2024-05-18 15:19:02", ParseOutcome.Ok, 1716045542u)]
    [InlineData(" 2024-05-18 15:19:02.000 ", ParseOutcome.Ok, 1716045542u)]
    [InlineData("2106-02-07 06:28:15", ParseOutcome.Ok, uint.MaxValue)]
    [InlineData("", ParseOutcome.Blank, 0u)]
    [InlineData("2024-05-18", ParseOutcome.Malformed, 0u)]
    [InlineData("1716045542", ParseOutcome.Ok, 1716045542u)]
    [InlineData("2024-05-18T15:19:02", ParseOutcome.Ok, 1716045542u)]
    [InlineData("2024-05-18 15:19:02Z", ParseOutcome.Ok, 1716045542u)]
    [InlineData("2024-05-18 17:19:02+02", ParseOutcome.Ok, 1716045542u)]
    [InlineData("2024-05-18 15:19:02 UTC", ParseOutcome.Malformed, 0u)]
    [InlineData("2016-12-31 23:59:60", ParseOutcome.Malformed, 0u)]
    [InlineData("2024-05-18 15:19:02.5", ParseOutcome.PrecisionLoss, null)]
    [InlineData("1969-12-31 23:59:59", ParseOutcome.OutOfRange, null)]
    public void DateTimes_as_ClickHouse_writes_them(string text, ParseOutcome verdict, uint? expected)
    {
        var parser = new DateTimeParser(Chunk.Column("t", ColumnType.Timestamp, "DateTime") with { DateTimeText = true });
        Assert.Equal(verdict, parser.Parse(Encoding.UTF8.GetBytes(text), out var seconds));
        Assert.Equal(expected ?? seconds, seconds);
    }

    [Theory]
    [InlineData("[]", "")]
    [InlineData(" [ ] ", "")]
    [InlineData("[1]", "1")]
    [InlineData("[1, 2.5,-3e2]", "1|2.5|-3e2")]
    [InlineData("[1,]", "1|")]
    [InlineData("[,]", "|")]
    public void Elements_of_a_list(string text, string expected)
    {
        Assert.Equal(ParseOutcome.Ok, VectorReader.Open(Encoding.UTF8.GetBytes(text), out var reader));
        var elements = new List<string>();
        while (reader.MoveNext())
            elements.Add(Encoding.UTF8.GetString(FieldParsers.Trim(reader.Current)));
        Assert.Equal(expected, string.Join('|', elements));
    }

    [Theory]
    [InlineData("", ParseOutcome.Blank)]
    [InlineData("[", ParseOutcome.Malformed)]
    [InlineData("1,2", ParseOutcome.Malformed)]
    [InlineData("{1}", ParseOutcome.Malformed)]
    public void No_list(string text, ParseOutcome expected) =>
        Assert.Equal(expected, VectorReader.Open(Encoding.UTF8.GetBytes(text), out _));
}
