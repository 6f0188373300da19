using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Batch.Csv.Schema;

namespace Batch.Csv.Validation.Parsing;

/// <summary>INTEGER of up to 64 bits but UInt64, within its bounds.</summary>
readonly struct IntegerParser<T>(Column column) : IValueParser<T> where T : unmanaged, IBinaryInteger<T>
{
    readonly (long Low, long High) _range = Clamp(IntegerRange.Of(column));

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out T value)
    {
        value = default;
        var outcome = FieldParsers.Integer(text, out var negative, out var magnitude);
        if (outcome != ParseOutcome.Ok)
            return outcome;
        var number = negative ? (long)(0 - magnitude) : (long)magnitude;
        if (magnitude > long.MaxValue && !(negative && magnitude == 1UL << 63))
            return ParseOutcome.OutOfRange;
        if (number < _range.Low || number > _range.High)
            return ParseOutcome.OutOfRange;
        value = T.CreateTruncating(number);
        return ParseOutcome.Ok;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryParse(ref byte bytes, int length, out T value)
    {
        var isValid = Vector128Digits.TryInteger(ref bytes, length, out var number);
        value = T.CreateTruncating(number);
        return isValid & number >= _range.Low & number <= _range.High;
    }

    // An empty range stays empty.
    static (long, long) Clamp((BigInteger Low, BigInteger High) range) =>
        range.Low > range.High ? (1, 0) : ((long)range.Low, (long)range.High);
}

/// <summary>INTEGER as UInt64, within its bounds.</summary>
readonly struct UnsignedParser(Column column) : IValueParser<ulong>
{
    readonly (ulong Low, ulong High) _range = Clamp(IntegerRange.Of(column));

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out ulong value)
    {
        var outcome = FieldParsers.Integer(text, out var negative, out value);
        return outcome == ParseOutcome.Ok && ((negative && value != 0) || value < _range.Low || value > _range.High) ? ParseOutcome.OutOfRange : outcome;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryParse(ref byte bytes, int length, out ulong value) =>
        Vector128Digits.TryDigits(ref bytes, length, out value) & value >= _range.Low & value <= _range.High;

    static (ulong, ulong) Clamp((BigInteger Low, BigInteger High) range) =>
        range.Low > range.High ? (1, 0) : ((ulong)range.Low, (ulong)range.High);
}

/// <summary>FLOAT as Float64, within its bounds.</summary>
readonly struct Float64Parser(Column column) : IValueParser<double>
{
    readonly double _low = column.Minimum ?? double.NegativeInfinity, _high = column.Maximum ?? double.PositiveInfinity;
    readonly bool _isBounded = column.Minimum is not null || column.Maximum is not null;
    readonly bool _allowNonFinite = column.AllowNonFinite;

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out double value)
    {
        var outcome = FieldParsers.Float64(text, out value);
        if (outcome == ParseOutcome.Malformed && _allowNonFinite && FieldParsers.TryNonFinite(text, out value))
            outcome = ParseOutcome.Ok;
        return outcome == ParseOutcome.Ok && (value < _low || value > _high) ? ParseOutcome.OutOfRange : outcome;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryParse(ref byte bytes, int length, out double value) =>
        Vector128Digits.TryDecimal(ref bytes, length, out value) && (!_isBounded || (value >= _low && value <= _high));
}

/// <summary>FLOAT as Float32. Its bounds are compared with the number as written, not as rounded to 32 bits.</summary>
readonly struct Float32Parser(Column column) : IValueParser<float>
{
    readonly Float64Parser _bounds = new(column);
    readonly bool _isBounded = column.Minimum is not null || column.Maximum is not null;
    readonly bool _allowNonFinite = column.AllowNonFinite;

    public ParseOutcome Parse(ReadOnlySpan<byte> text, out float value)
    {
        var outcome = FieldParsers.Float32(text, out value);
        if (outcome == ParseOutcome.Malformed && _allowNonFinite && FieldParsers.TryNonFinite(text, out var wide))
        {
            value = (float)wide;
            outcome = ParseOutcome.Ok;
        }

        return outcome == ParseOutcome.Ok && _isBounded ? _bounds.Parse(text, out _) : outcome;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryParse(ref byte bytes, int length, out float value)
    {
        var isValid = _bounds.TryParse(ref bytes, length, out var wide);
        value = (float)wide;
        return isValid & !FieldParsers.MayRoundTwice(wide);
    }
}

/// <summary>BOOLEAN: one byte, 0 or 1.</summary>
readonly struct BooleanParser : IValueParser<byte>
{
    public ParseOutcome Parse(ReadOnlySpan<byte> text, out byte value)
    {
        var outcome = FieldParsers.Boolean(text, out var truth);
        value = truth ? (byte)1 : (byte)0;
        return outcome;
    }

    public bool TryParse(ref byte bytes, int length, out byte value) =>
        Parse(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref bytes, Vector128Digits.Count - length), length), out value) == ParseOutcome.Ok;
}

/// <summary>TIMESTAMP from Unix seconds, as DateTime or UInt32, which lie in a block alike.</summary>
/// <remarks>A number that does not fit 32 bits is no timestamp: the message for that says what one is.</remarks>
readonly struct UnixSecondsParser : IValueParser<uint>
{
    public ParseOutcome Parse(ReadOnlySpan<byte> text, out uint value)
    {
        var outcome = FieldParsers.UnixSeconds(text, out value);
        return outcome == ParseOutcome.OutOfRange ? ParseOutcome.Malformed : outcome;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryParse(ref byte bytes, int length, out uint value)
    {
        var isValid = Vector128Digits.TryDigits(ref bytes, length, out var seconds);
        value = (uint)seconds;
        return isValid & seconds <= uint.MaxValue;
    }
}

/// <summary>TIMESTAMP from an ISO 8601 date-time and nothing else: digits alone (20240518, 1716045542) would be a guess.</summary>
readonly struct Iso8601Parser : IValueParser<uint>
{
    public ParseOutcome Parse(ReadOnlySpan<byte> text, out uint value) => FieldParsers.Iso8601(text, out value);

    // Sixteen bytes do not hold one.
    public bool TryParse(ref byte bytes, int length, out uint value)
    {
        value = 0;
        return false;
    }
}
