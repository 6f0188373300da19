using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;

namespace Batch.Tests.Validation;

/// <summary>Numbers of up to 256 bits beside .NET's big integers, which are exact whatever their size.</summary>
[Trait("Tier", "unit")]
public sealed class ExactNumberTests
{
    [Theory]
    [InlineData("Int128")]
    [InlineData("UInt128")]
    [InlineData("Int256")]
    [InlineData("UInt256")]
    public void A_wide_integer_is_the_number_written_or_out_of_range(string type)
    {
        var (low, high) = IntegerWidth.Range(type);
        var random = new Random(17);
        BigInteger[] edges = [0, 1, -1, low, low - 1, high, high + 1, ulong.MaxValue, (BigInteger)ulong.MaxValue + 1, BigInteger.Pow(10, 80)];
        foreach (var number in edges.Concat(Enumerable.Range(0, 20_000).Select(_ => Random(random, 78))))
        {
            var text = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));
            var expected = number < low || number > high ? ParseOutcome.OutOfRange : ParseOutcome.Ok;
            var column = Chunk.Integer("n", type);
            var bytes = new byte[type.EndsWith("128", StringComparison.Ordinal) ? 16 : 32];
            var verdict = bytes.Length == 16
                ? Parse<UInt128, WideIntegerParser<UInt128>>(new(column), text, bytes)
                : Parse<UInt256, WideIntegerParser<UInt256>>(new(column), text, bytes);
            Assert.Equal(expected, verdict);
            if (verdict == ParseOutcome.Ok)
                Assert.Equal(number, new BigInteger(bytes, isUnsigned: type[0] == 'U'));
        }
    }

    [Theory]
    [InlineData(9, 2)]
    [InlineData(18, 18)]
    [InlineData(38, 10)]
    [InlineData(76, 0)]
    [InlineData(76, 76)]
    public void A_decimal_is_the_number_written_or_refused_for_its_size_or_its_digits(int precision, int scale)
    {
        var parser = new DecimalParser<UInt256>(Chunk.Column("d", ColumnType.Decimal, $"Decimal({precision}, {scale})"));
        var random = new Random(17);
        var bytes = new byte[32];
        for (var i = 0; i < 20_000; i++)
        {
            var (digits, exponent) = (Random(random, 80), random.Next(-80, 4));
            var shift = exponent + scale;
            var rest = BigInteger.Zero;
            var units = shift >= 0 ? digits * BigInteger.Pow(10, shift) : BigInteger.DivRem(digits, BigInteger.Pow(10, -shift), out rest);
            var expected = BigInteger.Abs(units) >= BigInteger.Pow(10, precision)
                ? ParseOutcome.OutOfRange
                : rest.IsZero ? ParseOutcome.Ok : ParseOutcome.PrecisionLoss;
            var verdict = Parse<UInt256, DecimalParser<UInt256>>(parser, Encoding.UTF8.GetBytes(Written(digits, exponent, random)), bytes);
            Assert.Equal(expected, verdict);
            if (verdict == ParseOutcome.Ok)
                Assert.Equal(units, new BigInteger(bytes));
        }
    }

    [Theory]
    [InlineData("1e99999999999999999999", ParseOutcome.OutOfRange)]
    [InlineData("0e99999999999999999999", ParseOutcome.Ok)]
    [InlineData("1e-99999999999999999999", ParseOutcome.PrecisionLoss)]
    [InlineData("1,5", ParseOutcome.Malformed)]
    [InlineData("1 000", ParseOutcome.Malformed)]
    [InlineData(".", ParseOutcome.Malformed)]
    [InlineData("-", ParseOutcome.Malformed)]
    [InlineData("NaN", ParseOutcome.Malformed)]
    [InlineData("1.50000000000000000000000000000", ParseOutcome.Ok)]
    [InlineData("100000000000", ParseOutcome.OutOfRange)]
    public void Odd_decimals_have_one_verdict(string text, ParseOutcome expected) =>
        Assert.Equal(expected, new DecimalParser<int>(Chunk.Column("d", ColumnType.Decimal, "Decimal(9, 2)")).Parse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void A_bound_of_a_decimal_is_the_number_that_the_schema_wrote()
    {
        var column = Schema.Schemas.Only("""{"d":{"type":"Decimal(18, 4)","minimum":0.1,"exclusiveMaximum":0.3}}""");
        var parser = new DecimalParser<long>(column);
        Assert.Equal(
            [ParseOutcome.OutOfRange, ParseOutcome.Ok, ParseOutcome.Ok, ParseOutcome.OutOfRange],
            new[] { "0.0999", "0.1", "0.2999", "0.3" }.Select(text => parser.Parse(Encoding.UTF8.GetBytes(text), out _)));
    }

    static BigInteger Random(Random random, int most)
    {
        var digits = string.Concat(Enumerable.Range(0, random.Next(1, most)).Select(_ => random.Next(10)));
        return BigInteger.Parse(digits, CultureInfo.InvariantCulture) * (random.Next(2) == 0 ? 1 : -1);
    }

    /// <summary>With a point anywhere, or an exponent that makes up for it.</summary>
    static string Written(BigInteger digits, int exponent, Random random)
    {
        var text = BigInteger.Abs(digits).ToString(CultureInfo.InvariantCulture);
        var sign = digits.Sign < 0 ? "-" : "";
        var places = random.Next(text.Length + 1);
        return string.Create(CultureInfo.InvariantCulture,
            $"{sign}{text[..^places]}{(places > 0 || random.Next(2) == 0 ? "." : "")}{text[^places..]}e{exponent + places}");
    }

    static ParseOutcome Parse<T, TParser>(TParser parser, byte[] text, byte[] bytes) where T : unmanaged where TParser : struct, IValueParser<T>
    {
        var outcome = parser.Parse(text, out var value);
        MemoryMarshal.Write(bytes, in value);
        return outcome;
    }
}
