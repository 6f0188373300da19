using System.Globalization;
using System.Text;
using Batch.Csv.Validation.Parsing;

namespace Batch.Tests.Validation;

/// <summary>The reference is double.Parse and float.Parse, which round correctly.</summary>
[Trait("Tier", "unit")]
public sealed class FloatParserTests
{
    [Fact]
    public void A_million_random_bit_patterns_come_back_bit_for_bit()
    {
        var random = new Random(1);
        Span<byte> text = stackalloc byte[64];
        for (var i = 0; i < 1_000_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (!double.IsFinite(value))
                continue;
            Assert.True(value.TryFormat(text, out var length, (i % 3) switch { 0 => "R", 1 => "E16", _ => "E17" }, CultureInfo.InvariantCulture));
            AssertSame(text[..length]);
        }
    }

    [Fact]
    public void A_million_random_decimals_of_every_length_are_rounded_like_the_reference()
    {
        var random = new Random(2);
        Span<byte> text = stackalloc byte[64];
        for (var i = 0; i < 1_000_000; i++)
        {
            var length = 0;
            if (random.Next(4) == 0)
                text[length++] = random.Next(2) == 0 ? (byte)'-' : (byte)'+';
            int digits = random.Next(1, random.Next(2) == 0 ? 9 : 26), point = random.Next(2) == 0 ? random.Next(digits + 1) : -1;
            for (var d = 0; d < digits; d++)
            {
                if (d == point)
                    text[length++] = (byte)'.';
                text[length++] = (byte)('0' + random.Next(10));
            }

            if (point == digits)
                text[length++] = (byte)'.';
            if (random.Next(8) == 0)
                length += Encoding.ASCII.GetBytes($"e{random.Next(-40, 40)}", text[length..]);
            AssertSame(text[..length]);
        }
    }

    [Fact]
    public void Ties_and_their_neighbours_round_to_even_in_both_widths()
    {
        var random = new Random(3);
        for (var i = 0; i < 50_000; i++)
        {
            // Exactly in the middle between two doubles, between two floats, and a last digit to either side.
            var mantissa = (1L << 53) | random.NextInt64(1L << 53);
            AssertSame(Encoding.ASCII.GetBytes((mantissa * 2 + 1).ToString(CultureInfo.InvariantCulture)));
            var middle = new decimal(((1 << 24) | random.Next(1 << 23)) * 2L + 1) / (1 << random.Next(20));
            var text = middle.ToString(CultureInfo.InvariantCulture);
            AssertSame(Encoding.ASCII.GetBytes(text));
            AssertSame(Encoding.ASCII.GetBytes((text.Contains('.', StringComparison.Ordinal) ? text : text + ".") + "00000000000000000001"));
            AssertSame(Encoding.ASCII.GetBytes((middle - 0.000_000_000_1m).ToString(CultureInfo.InvariantCulture)));
        }
    }

    [Theory]
    [InlineData("0", 0.0)]
    [InlineData("-0", -0.0)]
    [InlineData(".5", 0.5)]
    [InlineData("5.", 5.0)]
    [InlineData("+7", 7.0)]
    [InlineData("1e5", 1e5)]
    [InlineData("1E+05", 1e5)]
    [InlineData(" 8.0\t", 8.0)]
    [InlineData("0000000000000000000000000000001.5", 1.5)]
    [InlineData("0.00000000000000000000000000000000000000000001e44", 1.0)]
    [InlineData("1e-5000", 0.0)]
    [InlineData("0e999999999999", 0.0)]
    [InlineData("9007199254740993", 9007199254740992.0)]
    [InlineData("4.9e-324", double.Epsilon)]
    [InlineData("2.4703282292062327e-324", 0.0)]
    [InlineData("1.7976931348623157e308", double.MaxValue)]
    [InlineData("-179769313486231570000e288", -double.MaxValue)]
    public void Is_a_number(string text, double expected)
    {
        Assert.Equal(ParseOutcome.Ok, FieldParsers.Float64(Encoding.UTF8.GetBytes(text), out var value));
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(value));
    }

    [Theory]
    [InlineData("abc")]
    [InlineData(".")]
    [InlineData("-")]
    [InlineData("-.")]
    [InlineData("+-1")]
    [InlineData("--1")]
    [InlineData("1.2.3")]
    [InlineData("1234567.8.9012")]
    [InlineData("12345678.9.0")]
    [InlineData("1,000")]
    [InlineData("1_000")]
    [InlineData("0x10")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("e5")]
    [InlineData("1e5.0")]
    [InlineData("1e5e5")]
    [InlineData("1 2")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1f")]
    [InlineData("٣")]
    [InlineData("12345678\u00e9")]
    public void Is_no_number(string text) => Assert.Equal(ParseOutcome.Malformed, FieldParsers.Float64(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("1e309")]
    [InlineData("-1e309")]
    [InlineData("1.7976931348623159e308")]
    [InlineData("1e99999999999999999999")]
    public void Would_be_infinite(string text) => Assert.Equal(ParseOutcome.OutOfRange, FieldParsers.Float64(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("3.4028235e38", ParseOutcome.Ok)]
    [InlineData("3.4028235677973366e38", ParseOutcome.Ok)]
    [InlineData("3.4028235677973367e38", ParseOutcome.OutOfRange)]
    [InlineData("1e39", ParseOutcome.OutOfRange)]
    [InlineData("1e309", ParseOutcome.OutOfRange)]
    [InlineData("1e-50", ParseOutcome.Ok)]
    [InlineData("", ParseOutcome.Blank)]
    public void A_32_bit_number_has_its_own_range(string text, ParseOutcome expected) =>
        Assert.Equal(expected, FieldParsers.Float32(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("nan", double.NaN)]
    [InlineData("NaN", double.NaN)]
    [InlineData("Inf", double.PositiveInfinity)]
    [InlineData("+infinity", double.PositiveInfinity)]
    [InlineData("-INFINITY", double.NegativeInfinity)]
    public void Words_for_what_is_not_finite(string text, double expected)
    {
        Assert.True(FieldParsers.TryNonFinite(Encoding.UTF8.GetBytes(text), out var value));
        Assert.Equal(expected, value);
        Assert.False(FieldParsers.TryNonFinite(Encoding.UTF8.GetBytes(text + "x"), out _));
    }

    static void AssertSame(ReadOnlySpan<byte> text)
    {
        var expected = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        var verdict = FieldParsers.Float64(text, out var value);
        if (verdict != (double.IsInfinity(expected) ? ParseOutcome.OutOfRange : ParseOutcome.Ok)
            || (verdict == ParseOutcome.Ok && BitConverter.DoubleToInt64Bits(expected) != BitConverter.DoubleToInt64Bits(value)))
            Assert.Fail($"{Encoding.ASCII.GetString(text)}: {verdict} {value:R}, not {expected:R}");

        var expected32 = float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        verdict = FieldParsers.Float32(text, out var value32);
        if (verdict != (float.IsInfinity(expected32) ? ParseOutcome.OutOfRange : ParseOutcome.Ok)
            || (verdict == ParseOutcome.Ok && BitConverter.SingleToInt32Bits(expected32) != BitConverter.SingleToInt32Bits(value32)))
            Assert.Fail($"{Encoding.ASCII.GetString(text)}: {verdict} {value32:R}, not {expected32:R} in 32 bits");
    }
}
