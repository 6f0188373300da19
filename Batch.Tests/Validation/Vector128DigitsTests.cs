using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Batch.Csv.Schema;
using Batch.Csv.Validation.Parsing;

namespace Batch.Tests.Validation;

/// <summary>The reference is what the parsers make of the same text without the sixteen bytes.</summary>
[Trait("Tier", "unit")]
public sealed class Vector128DigitsTests
{
    const string Noise = "0123456789.-+,\n\"eE \0\u007f";

    static readonly Column Plain = Chunk.Integer("a"), Bounded = Plain with { Minimum = -50, Maximum = 1e9 };

    [SkippableFact]
    public void Random_text_gives_the_same_bits_as_the_slow_path_or_is_left_to_it()
    {
        Skip.IfNot(Vector128Digits.IsSupported);
        var random = new Random(1);
        var bytes = new byte[Vector128Digits.Count];
        for (var i = 0; i < 500_000; i++)
        {
            foreach (ref var b in bytes.AsSpan()) // what stands before the text may be anything
                b = (byte)Noise[random.Next(Noise.Length)];
            var length = random.Next(1, Vector128Digits.Count + 1);
            if (random.Next(4) > 0)
                FillNumber(random, bytes.AsSpan(^length..));
            AssertAllAgree(bytes, length);
        }
    }

    [SkippableFact]
    public void Any_byte_in_any_place_of_a_number_of_any_length_is_taken_as_the_slow_path_takes_it()
    {
        Skip.IfNot(Vector128Digits.IsSupported);
        var bytes = new byte[Vector128Digits.Count];
        foreach (var number in (string[])["1111111111111111", "-11111111.1111111", "9999999999.99999"])
            for (var length = 1; length <= bytes.Length; length++)
                for (var at = 0; at < length; at++)
                    for (var b = 0; b < 256; b++)
                    {
                        Encoding.ASCII.GetBytes(number.AsSpan(0, length), bytes.AsSpan(^length..));
                        bytes[^(at + 1)] = (byte)b;
                        AssertAllAgree(bytes, length);
                    }
    }

    [SkippableFact]
    public void Plain_numbers_of_all_lengths_are_not_left_to_the_slow_path()
    {
        Skip.IfNot(Vector128Digits.IsSupported);
        var bytes = new byte[Vector128Digits.Count];
        for (var length = 1; length <= bytes.Length; length++)
            for (var point = 0; point < length; point++)
            {
                bytes.AsSpan().Fill((byte)'7');
                Assert.True(Vector128Digits.TryDigits(ref bytes[0], length, out _));
                Assert.True(Vector128Digits.TryDecimal(ref bytes[0], length, out _));
                bytes[^(point + 1)] = (byte)'.';
                Assert.Equal(length > 1, Vector128Digits.TryDecimal(ref bytes[0], length, out _));
                bytes[^length] = (byte)'-';
                Assert.Equal(length > (point < length - 1 ? 2 : 1), Vector128Digits.TryDecimal(ref bytes[0], length, out _));
            }
    }

    static void FillNumber(Random random, Span<byte> text)
    {
        foreach (ref var b in text)
            b = (byte)('0' + random.Next(10));
        if (random.Next(2) == 0)
            text[random.Next(text.Length)] = (byte)'.';
        if (random.Next(4) == 0)
            text[0] = (byte)'-';
    }

    static readonly DateTimeParser Times = new(Chunk.Column("t", ColumnType.Timestamp, "DateTime") with { DateTimeText = true });
    static readonly DecimalParser<long> Decimals = new(Chunk.Column("d", ColumnType.Decimal, "Decimal(18, 4)"));
    static readonly DecimalParser<int> BoundedDecimals =
        new(Chunk.Column("d", ColumnType.Decimal, "Decimal(9, 2)") with { Minimum = -5, Maximum = 100.5 });
    static readonly DateParser<ushort> Dates = new(Chunk.Column("d", ColumnType.Date, "Date"));

    static void AssertAllAgree(byte[] bytes, int length)
    {
        AssertAgrees<double, Float64Parser>(new(Plain), bytes, length);
        AssertAgrees<double, Float64Parser>(new(Bounded), bytes, length);
        AssertAgrees<float, Float32Parser>(new(Plain), bytes, length);
        AssertAgrees<float, Float32Parser>(new(Bounded), bytes, length);
        AssertAgrees<long, IntegerParser<long>>(new(Plain), bytes, length);
        AssertAgrees<long, IntegerParser<long>>(new(Bounded), bytes, length);
        AssertAgrees<sbyte, IntegerParser<sbyte>>(new(Chunk.Integer("a", "Int8")), bytes, length);
        AssertAgrees<ulong, UnsignedParser>(new(Chunk.Integer("a", "UInt64")), bytes, length);
        AssertAgrees<uint, UnixSecondsParser>(default, bytes, length);
        AssertAgrees<uint, DateTimeParser>(Times, bytes, length);
        AssertAgrees<long, DecimalParser<long>>(Decimals, bytes, length);
        AssertAgrees<int, DecimalParser<int>>(BoundedDecimals, bytes, length);
        AssertAgrees<ushort, DateParser<ushort>>(Dates, bytes, length);
        AssertAgrees<byte, BooleanParser>(default, bytes, length);
    }

    static void AssertAgrees<T, TParser>(TParser parser, byte[] bytes, int length) where T : unmanaged where TParser : struct, IValueParser<T>
    {
        if (!parser.TryParse(ref bytes[0], length, out var value))
            return;
        var verdict = parser.Parse(bytes.AsSpan(^length..), out var expected);
        if (verdict != ParseOutcome.Ok || !MemoryMarshal.AsBytes(new Span<T>(ref value)).SequenceEqual(MemoryMarshal.AsBytes(new Span<T>(ref expected))))
            Assert.Fail(string.Create(CultureInfo.InvariantCulture,
                $"{typeof(TParser)}: '{Encoding.Latin1.GetString(bytes.AsSpan(^length..))}' is {value}, but {verdict} {expected}."));
    }
}
